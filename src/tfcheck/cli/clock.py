"""The date of a run. No other module asks the clock for it."""

from __future__ import annotations

import time


def today() -> str:
    """Return the date in UTC, as in `2027-03-01`."""
    return time.strftime("%Y-%m-%d", time.gmtime())
