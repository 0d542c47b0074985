"""`place-order`, typed against a running sandbox."""

from tests.commands.shell import Shell


def test_orders_at_random_are_told_line_by_line(shell: Shell) -> None:
    lines = shell.says("place-order", "--count", "3").splitlines()
    assert lines[0].split() == ["order", "status", "stores", "goods"]
    for line in lines[1:]:
        order = line.split()[0]
        assert shell.call(f"/orders/{order}").json()["status"] == "NEW"
    assert len(lines) == 4


def test_given_goods_are_ordered(shell: Shell) -> None:
    answer = shell.json("place-order", "SKU-00001=2", "SKU-00007", "--service-level", "expedited")
    (order,) = answer["items"]
    assert [(line["sku"], line["quantity"]) for line in order["lines"]] == [("SKU-00001", 2), ("SKU-00007", 1)]
    assert order["serviceLevel"] == "EXPEDITED"


def test_goods_that_no_store_has_are_ordered_all_the_same(shell: Shell) -> None:
    assert "none has it" in shell.says("place-order", "SKU-00001=9999")


def test_an_unknown_product_is_named(shell: Shell) -> None:
    complaint = shell.complains("place-order", "NO-SUCH-SKU")
    assert "\n  /lines/0/sku: The catalogue has no SKU NO-SUCH-SKU." in complaint


def test_units_out_of_range_are_the_sandboxs_to_refuse(shell: Shell) -> None:
    assert "/lines/0/quantity" in shell.complains("place-order", "SKU-00001=0")
