"""Money in whole minor units: exact, never a float."""

import re
from decimal import ROUND_HALF_EVEN, Decimal

import msgspec

_AMOUNT = re.compile(r"-?(0|[1-9][0-9]{0,14})(?:\.([0-9]+))?", re.ASCII)
# Source: ISO 4217, the currencies whose minor unit is not a hundredth.
_DECIMALS = {
    currency: places
    for places, currencies in {
        0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        3: "BHD IQD JOD KWD LYD OMR TND",
        4: "CLF UYW",
    }.items()
    for currency in currencies.split()
}


class Money(msgspec.Struct, frozen=True, array_like=True):
    """An amount in the currency's minor units: 1290 USD is 12.90 dollars, 1290 JPY is 1290 yen."""

    minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.minor * quantity, self.currency)

    def share(self, part: int, whole: int) -> "Money":
        """Return this amount times part/whole, rounded half to even to the minor unit."""
        if part == whole:
            return self
        return Money(rounded(Decimal(self.minor) * part / whole), self.currency)

    @property
    def amount(self) -> str:
        """The amount as a decimal string with the currency's own number of decimals."""
        places = decimals(self.currency)
        if not places:
            return str(self.minor)
        digits = str(abs(self.minor)).rjust(places + 1, "0")
        return f"{'-' if self.minor < 0 else ''}{digits[:-places]}.{digits[-places:]}"

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"{other.currency} cannot be reckoned with {self.currency}")
        return other.minor


def parse_money(amount: str, currency: str) -> Money:
    """
    Return the money that a decimal string says.

    Raises:
        ValueError: Not a decimal number, or not with the currency's own number of decimals.
    """
    match = _AMOUNT.fullmatch(amount)
    places = decimals(currency)
    if match is None or len(match[2] or "") != places:
        raise ValueError(f"{amount!r} is not an amount of {currency} with {places} decimals")
    return Money(int(amount.replace(".", "")), currency)


def decimals(currency: str) -> int:
    """Return the number of decimals of a currency's minor unit (ISO 4217)."""
    return _DECIMALS.get(currency, 2)


def rounded(value: Decimal) -> int:
    """Return the nearest whole number, half to even."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
