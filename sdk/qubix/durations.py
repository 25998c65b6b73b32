"""Durations as people write them: `90s`, `15m`, `1h`, `1h30m`, `2d`."""

import re
from datetime import timedelta
from typing import Final

from qubix.errors import InvalidRequest

_UNIT_SECONDS: Final = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_FORM: Final = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?", re.ASCII)


def seconds(duration: str | int | timedelta) -> int:
    """A duration in whole seconds, at least one.

    Args:
        duration: days, hours, minutes and seconds in that order (`"1h30m"`), a whole number of seconds, or a timedelta.

    Raises:
        InvalidRequest: anything else: no unit, a fraction, zero, a negative one.
    """
    match duration:
        case bool():
            raise _refused(duration)
        case int():
            total = duration
        case timedelta():
            if duration.microseconds:
                raise _refused(duration)
            total = duration.days * _UNIT_SECONDS["d"] + duration.seconds
        case str():
            total = _parsed(duration)
        case _:
            raise _refused(duration)
    if total < 1:
        raise _refused(duration)
    return total


def spoken(total: int) -> str:
    """Whole seconds as `seconds()` reads them: 5400 is `1h30m`."""
    parts = []
    for unit, size in _UNIT_SECONDS.items():
        count, total = divmod(total, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _parsed(text: str) -> int:
    found = _FORM.fullmatch(text.strip())
    if found is None:
        raise _refused(text)
    return sum(int(count or 0) * size for count, size in zip(found.groups(), _UNIT_SECONDS.values(), strict=True))


def _refused(duration: object) -> InvalidRequest:
    return InvalidRequest(
        asked=f"Reading the duration {duration!r}",
        obstacle="it is not a positive whole number of seconds with its unit",
        remedy='Write it like "90s", "15m", "1h", "1h30m" or "2d".',
        details={"duration": str(duration)},
    )
