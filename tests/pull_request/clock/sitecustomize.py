"""Let time pass only where somebody waits, in a Python that finds this file on its path.

To a command that is to wait a minute, a minute has passed; to the test, none.
FAULTS_DEADLINE is what one request may take, in real seconds.
"""

import os
import time

_time, _monotonic = time.time, time.monotonic
_waited = [0.0]


def _sleep(seconds: float) -> None:
    _waited[0] += seconds


time.sleep = _sleep  # type: ignore[assignment]
time.time = lambda: _time() + _waited[0]
time.monotonic = lambda: _monotonic() + _waited[0]

if os.environ.get("FAULTS_DEADLINE"):
    from tfcheck.pull_request import connection

    connection.DEADLINE = float(os.environ["FAULTS_DEADLINE"])
