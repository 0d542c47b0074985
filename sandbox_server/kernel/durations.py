"""Lengths of time as ISO 8601 writes them."""

import re
from datetime import timedelta

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,5})W)?(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?:(?P<hours>\d{1,7})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,3})?)S)?)?",
    re.ASCII,
)


def read_duration(text: str) -> timedelta:
    """
    Return the length of time that a text such as `PT15M` or `P1DT12H` names.

    Raises:
        ValueError: It is none of weeks, days, hours, minutes and seconds. Years and months have no fixed length.

    Source: ISO 8601-1:2019, 5.5.2.
    """
    match = _DURATION.fullmatch(text)
    given = {unit: float(number) for unit, number in match.groupdict().items() if number} if match else {}
    if not given or text.endswith("T"):
        raise ValueError(f"{text!r} is no duration such as PT15M, PT90S or P30D")
    return timedelta(**given)


def write_duration(length: timedelta) -> str:
    """Return a length of time in days, hours, minutes and seconds; `PT0S` where there is none."""
    minutes, milliseconds = divmod(length // timedelta(milliseconds=1), 60_000)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    seconds = f"{milliseconds / 1000:.3f}".rstrip("0").rstrip(".")
    date = f"{days}D" if days else ""
    parts = ((str(hours), "H"), (str(minutes), "M"), (seconds, "S"))
    clock = "".join(f"{number}{unit}" for number, unit in parts if number != "0")
    return f"P{date}T{clock}" if clock else f"P{date or 'T0S'}"
