"""Functions on timestamps, in the format of RFC 3339.

See https://developer.hashicorp.com/terraform/language/functions/formatdate and its kin.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.functions.arguments import Function, limit_error
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Value

_TIME = regex(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(Z|[+-]\d\d:\d\d)", re.ASCII)
_DURATION = regex(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_SECONDS = {
    "h": Fraction(3600),
    "m": Fraction(60),
    "s": Fraction(1),
    "ms": Fraction(1, 1000),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "μs": Fraction(1, 10**6),
    "ns": Fraction(1, 10**9),
}
_MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_TOKEN = regex(r"'(?:[^']++|'')*+'|([A-Za-z])\1*|[^A-Za-z']+")


def timeadd(written: str, duration: str) -> Value:
    """Add a duration such as `1h30m` to a timestamp."""
    added = _time(written) + timedelta(seconds=_seconds(duration))
    return added.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + _zone(added)


def timecmp(first: str, second: str) -> Value:
    """Return -1, 0 or 1 for an earlier, equal or later first timestamp."""
    one, other = _time(first), _time(second)
    return (one > other) - (one < other)


def formatdate(layout: str, written: str) -> Value:
    """Format a timestamp in another layout."""
    time = _time(written)
    out: list[str] = []
    position = 0
    while position < len(layout):
        found = _TOKEN.match(layout, position)
        if found is None:
            raise EvaluationError("the layout has an open quote")
        position = found.end()
        token = found[0]
        if token.startswith("'"):
            out.append(token[1:-1].replace("''", "'"))
        elif found[1] is None:
            out.append(token)
        elif token in _LAYOUTS:
            out.append(_LAYOUTS[token](time))
        else:
            raise EvaluationError("the layout has an unknown sequence of letters")
    return "".join(out)


def _time(written: str) -> datetime:
    if re.fullmatch(r"[\dT:.Z+-]+", written, re.ASCII) and ("." in written or written[17:19] == "60"):
        raise limit_error("a time with parts of a second")
    if not _TIME.fullmatch(written):
        raise EvaluationError("the text is not an RFC 3339 time")
    try:
        return datetime.fromisoformat(written)
    except ValueError as error:
        raise EvaluationError("the text is not an RFC 3339 time") from error


def _seconds(duration: str) -> int:
    sign, digits = (-1 if duration[:1] == "-" else 1), duration.lstrip("+-") if duration[:1] in "+-" else duration
    parts = list(_DURATION.finditer(digits))
    if digits == "0":
        return 0
    if not parts or "".join(part[0] for part in parts) != digits:
        raise EvaluationError("the text is not a duration")
    total = sum(
        (Fraction(part[1] + "0" if part[1].endswith(".") else part[1]) * _SECONDS[part[2]] for part in parts),
        Fraction(0),
    )
    if total.denominator != 1 or total > 10**10:
        raise limit_error("a duration with parts of a second")
    return sign * total.numerator


def _zone(time: datetime, *, colon: str = ":", utc: str = "Z") -> str:
    offset = time.utcoffset() or timedelta()
    minutes = offset // timedelta(minutes=1)
    if minutes == 0:
        return utc
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}{colon}{abs(minutes) % 60:02d}"


def _twelve(time: datetime) -> int:
    return (time.hour + 11) % 12 + 1


_LAYOUTS: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda time: f"{time.year:04d}",
    "YY": lambda time: f"{time.year % 100:02d}",
    "MMMM": lambda time: _MONTHS[time.month - 1],
    "MMM": lambda time: _MONTHS[time.month - 1][:3],
    "MM": lambda time: f"{time.month:02d}",
    "M": lambda time: str(time.month),
    "DD": lambda time: f"{time.day:02d}",
    "D": lambda time: str(time.day),
    "EEEE": lambda time: _DAYS[time.weekday()],
    "EEE": lambda time: _DAYS[time.weekday()][:3],
    "hh": lambda time: f"{time.hour:02d}",
    "h": lambda time: str(time.hour),
    "HH": lambda time: f"{_twelve(time):02d}",
    "H": lambda time: str(_twelve(time)),
    "AA": lambda time: "AM" if time.hour < 12 else "PM",
    "aa": lambda time: "am" if time.hour < 12 else "pm",
    "mm": lambda time: f"{time.minute:02d}",
    "m": lambda time: str(time.minute),
    "ss": lambda time: f"{time.second:02d}",
    "s": lambda time: str(time.second),
    "ZZZZZ": lambda time: _zone(time, utc="+00:00"),
    "ZZZZ": lambda time: _zone(time, colon="", utc="+0000"),
    "ZZZ": lambda time: _zone(time, colon="", utc="UTC"),
    "Z": lambda time: _zone(time),
}

FUNCTIONS = {
    "formatdate": Function(formatdate, "string string"),
    "timeadd": Function(timeadd, "string string"),
    "timecmp": Function(timecmp, "string string"),
}
