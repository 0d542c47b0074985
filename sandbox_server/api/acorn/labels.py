"""Shipping labels: four inches by six at 203 dots an inch, the size and fineness of thermal label printers."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from io import BytesIO

from anyascii import anyascii
from barcode.codex import Code128
from PIL import Image, ImageDraw, ImageFont

from sandbox_server.domain.orders import Buyer
from sandbox_server.domain.shipments import Shipment
from sandbox_server.domain.stores import Address, Store

PDF, PNG = "application/pdf", "image/png"
_DOTS_PER_INCH = 203
_WIDTH, _HEIGHT = 812, 1218
_MARGIN = 40
_BAR_HEIGHT = 220


def draw_label(shipment: Shipment, sender: Store, buyer: Buyer, media_type: str) -> bytes:
    """
    Return a shipment's label.

    Names and streets are spelt in Latin letters, as carriers print them, whatever script they are written in.

    Args:
        media_type: `application/pdf` or `image/png`.
    """
    image = Image.new("1", (_WIDTH, _HEIGHT), 1)
    pen = ImageDraw.Draw(image)
    _write(pen, 40, 64, [shipment.carrier.value])
    _rule(pen, 130)
    _write(pen, 150, 26, ["FROM", sender.name, *_address_lines(sender.address)])
    _rule(pen, 350)
    _write(pen, 375, 38, ["SHIP TO", buyer.name, *_address_lines(buyer.address)])
    _rule(pen, 720)
    _write(pen, 740, 26, [f"Order {shipment.order_id}", f"Shipment {shipment.shipment_id}", _contents(shipment)])
    _rule(pen, 860)
    _draw_bars(pen, shipment.tracking_number, 890)
    _write(pen, 890 + _BAR_HEIGHT + 10, 34, [shipment.tracking_number])
    return _encoded(image, media_type, shipment.created_at)


def _write(pen: ImageDraw.ImageDraw, top: int, size: int, lines: Iterable[str]) -> None:
    for number, line in enumerate(lines):
        pen.text((_MARGIN, top + number * (size + size // 4)), _fitted(line, size), fill=0, font=_font(size))


def _fitted(line: str, size: int) -> str:
    """Return as much of a line as fits between the margins, on one line, in letters that are there."""
    text = " ".join(anyascii(line).split())
    ends = range(1, len(text) + 1)
    return text[: bisect_right(ends, _WIDTH - 2 * _MARGIN, key=lambda end: int(_font(size).getlength(text[:end])))]


def _rule(pen: ImageDraw.ImageDraw, at: int) -> None:
    pen.line((_MARGIN, at, _WIDTH - _MARGIN, at), fill=0, width=3)


def _draw_bars(pen: ImageDraw.ImageDraw, text: str, top: int) -> None:
    modules = Code128(text).build()[0]
    width = (_WIDTH - 2 * _MARGIN) // len(modules)
    left = (_WIDTH - width * len(modules)) // 2
    for place, module in enumerate(modules):
        if module == "1":
            x = left + place * width
            pen.rectangle((x, top, x + width - 1, top + _BAR_HEIGHT), fill=0)


def _address_lines(place: Address) -> list[str]:
    town = " ".join(part for part in (place.city, place.region, place.postal_code) if part)
    return [part for part in (place.line1, place.line2, town, place.country) if part]


def _contents(shipment: Shipment) -> str:
    units = sum(line.quantity for line in shipment.lines)
    grams = sum(package.weight_grams for package in shipment.packages)
    return f"Units {units}   Packages {len(shipment.packages)}   Weight {grams / 1000:.2f} kg"


def _encoded(image: Image.Image, media_type: str, made_at: datetime) -> bytes:
    out = BytesIO()
    if media_type == PNG:
        image.save(out, "PNG", dpi=(_DOTS_PER_INCH, _DOTS_PER_INCH))
    else:
        # The shipment's own time: the same label is the same bytes.
        moment = made_at.timetuple()
        image.save(out, "PDF", resolution=_DOTS_PER_INCH, creationDate=moment, modDate=moment)
    return out.getvalue()


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
