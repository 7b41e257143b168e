"""Measure bombs: `python -m tests.bombs [NAME...]`."""

from __future__ import annotations

import sys

from tests.bombs.all import BOMBS
from tests.bombs.run import run

wanted = sys.argv[1:]
for name, make in BOMBS.items():
    if wanted and not any(each in name for each in wanted):
        continue
    found = run(make())
    line = (found.err.strip().splitlines() or [""])[-1]
    mark = "!!" if found.seconds > 3 or found.megabytes > 500 or found.status not in (0, 1, 3) else "  "
    size = len(found.out) + len(found.err)
    print(
        f"{mark} {name:45} {found.status:4} {found.seconds:6.2f} s {found.megabytes:6.0f} MB {size:9} {line[:110]}",
        flush=True,
    )
    if len(wanted) and "-v" in wanted:
        print(found.out[:3000], found.err[:2000])
