"""Labels: of a thermal printer's size, with a bar code that says the tracking number, and the same bytes each time."""

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from barcode.codex import Code128
from PIL import Image

from sandbox_server.domain.orders import Buyer
from sandbox_server.domain.stores import Address
from tests.api.acorn.sandbox import Sandbox
from tests.api.acorn.shop import BUYER, NEW_YORK, acknowledged, shipment, shipped

INCHES = (4, 6)
DOTS = (812, 1218)
NUMBERS = {
    "UPS": "1Z999AA10123456784",
    "FEDEX": "123456789012345",
    "USPS": "9400100000000000000000",
    "DHL": "1234567890",
    "ACORN": "AC123456789012",
}


def label(shop: Sandbox, shipment_id: str, accept: str | None = None) -> bytes:
    answer = shop.get(f"/shipments/{shipment_id}/label", accept=accept)
    assert answer.status_code == 200, answer.text
    return answer.content


def picture(shop: Sandbox, buyer: Buyer = BUYER) -> Image.Image:
    """Return the label of a shipment to this buyer."""
    made = shipped(shop, ("SKU-1", 1), buyer=buyer)
    return Image.open(BytesIO(label(shop, made["shipmentId"], "image/png")))


def modules(image: Image.Image, height: int) -> str:
    """Return the bar code that crosses the picture at a height: 1 for a black module, 0 for a white one."""
    row = [image.getpixel((x, height)) == 0 for x in range(image.width)]
    black = [x for x, is_black in enumerate(row) if is_black]
    runs = list(_runs(row[black[0] : black[-1] + 1]))
    module = min(length for _, length in runs)
    assert all(length % module == 0 for _, length in runs)
    return "".join(("1" if is_black else "0") * (length // module) for is_black, length in runs)


def _runs(row: list[bool]) -> Iterator[tuple[bool, int]]:
    """Return the runs of equal dots, each with its length."""
    start = 0
    for place in range(1, len(row) + 1):
        if place == len(row) or row[place] != row[start]:
            yield row[start], place - start
            start = place


def ink_at_the_edges(image: Image.Image, margin: int = 30) -> bool:
    """Whether anything is printed beyond the margins at the left and the right, where a printer cuts it off."""
    width, height = image.size
    sides = (image.crop((0, 0, margin, height)), image.crop((width - margin, 0, width, height)))
    return any(side.getextrema() != (255, 255) for side in (one.convert("L") for one in sides))


def test_a_label_is_a_pdf_unless_a_picture_is_asked_for(shop: Sandbox) -> None:
    path = f"/shipments/{shipped(shop, ('SKU-1', 1))['shipmentId']}/label"
    for accept, media_type in (
        (None, "application/pdf"),
        ("application/pdf", "application/pdf"),
        ("image/png", "image/png"),
        ("image/*", "image/png"),
        ("application/pdf;q=0.5, image/png", "image/png"),
        ("text/html, */*;q=0.1", "application/pdf"),
    ):
        answer = shop.get(path, accept=accept)
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
        assert answer.content.startswith(b"%PDF" if media_type == "application/pdf" else b"\x89PNG")
    assert shop.get(path, accept="application/json").status_code == 406


def test_a_label_is_four_inches_by_six(shop: Sandbox) -> None:
    shipment_id = shipped(shop, ("SKU-1", 1))["shipmentId"]
    image = Image.open(BytesIO(label(shop, shipment_id, "image/png")))
    assert (image.size, image.mode) == (DOTS, "1")
    assert [round(dots) for dots in image.info["dpi"]] == [203, 203]
    box = re.search(rb"/MediaBox \[ 0 0 ([0-9.]+) ([0-9.]+) \]", label(shop, shipment_id))
    assert box is not None
    assert [round(float(points) / 72, 2) for points in box.groups()] == list(map(float, INCHES))


@pytest.mark.parametrize(("carrier", "number"), NUMBERS.items())
def test_the_bar_code_says_the_tracking_number(shop: Sandbox, carrier: str, number: str) -> None:
    order_id = acknowledged(shop, ("SKU-1", 1))
    made = shop.post("/shipments", shipment(order_id, carrier=carrier, trackingNumber=number)).json()
    image = Image.open(BytesIO(label(shop, made["shipmentId"], "image/png")))
    assert modules(image, height=1000) == Code128(number).build()[0]
    assert not ink_at_the_edges(image)


def test_the_same_label_is_the_same_bytes(shop: Sandbox) -> None:
    shipment_id = shipped(shop, ("SKU-1", 1))["shipmentId"]
    for accept in ("application/pdf", "image/png"):
        assert label(shop, shipment_id, accept) == label(shop, shipment_id, accept)


def test_a_label_bears_the_virtual_time_of_its_making_and_not_the_machines(shop: Sandbox) -> None:
    document = label(shop, shipped(shop, ("SKU-1", 1))["shipmentId"])
    assert b"/CreationDate (D:20261127150000" in document
    assert b"/ModDate (D:20261127150000" in document


@pytest.mark.parametrize(
    ("name", "spelt"),
    [
        ("Zoë Núñez", "Zoe Nunez"),
        ("李小龍", "LiXiaoLong"),
        ("山田 太郎", "ShanTian TaiLang"),
        ("김민준", "GimMinJun"),
        ("محمد بن سلمان", "mhmd bn slmn"),
        ("דוד בן גוריון", "dvd vn gvryvn"),
        ("Анна Каренина", "Anna Karenina"),
        ("अमिताभ बच्चन", "amitabh bccn"),
        ("Ελένη Παπαδοπούλου", "Eleni Papadopoyloy"),
        ("สมชาย ใจดี", "smchay aichdi"),
        ("Nguyễn Thị Minh Khai", "Nguyen Thi Minh Khai"),
        ("🎄 Noël 👩\u200d👧", ":christmas_tree: Noel :woman::girl:"),
        (" e\u0301 and \u200f\u202e", "e and"),
    ],
)
def test_every_script_is_spelt_in_letters_that_a_carrier_prints(shop: Sandbox, name: str, spelt: str) -> None:
    labels = []
    for called in (name, spelt):
        shop.begin_anew()
        address = Address(called, called, "US", line2=called, postal_code="10003", location=NEW_YORK)
        labels.append(picture(shop, Buyer(called, "x@example.com", address)))
    assert labels[0].tobytes() == labels[1].tobytes()
    assert not ink_at_the_edges(labels[0])


@pytest.mark.parametrize("other", ["Anna Karenin", "AnnaKarenina"])
def test_another_buyer_makes_another_label(shop: Sandbox, other: str) -> None:
    labels = []
    for name in ("Anna Karenina", other):
        shop.begin_anew()
        labels.append(picture(shop, Buyer(name, "x@example.com", BUYER.address)).tobytes())
    assert labels[0] != labels[1]


@pytest.mark.parametrize("letter", ["W", "i", "漢", "㎏", "\n", "\t", " ", "\u0301", "a\nb "], ids=ascii)
def test_a_name_of_any_length_stays_on_the_label(shop: Sandbox, letter: str) -> None:
    name = (letter * 500)[:500]
    address = Address(name, name, "US", line2=name, region=name, postal_code="1" * 16, location=NEW_YORK)
    image = picture(shop, Buyer(name, "x@example.com", address))
    assert not ink_at_the_edges(image)
    assert modules(image, height=1000) == Code128("1234567890").build()[0]
    between = image.crop((0, 862, image.width, 888)).convert("L")
    assert between.getextrema() == (255, 255), "the lines above run into the bar code"
