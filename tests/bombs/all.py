"""All bombs by name."""

from __future__ import annotations

from tests.bombs.compressed import COMPRESSED
from tests.bombs.contexts import CONTEXTS
from tests.bombs.decided import BOMBS_OF_DECISIONS
from tests.bombs.plans import PLANS
from tests.bombs.sources import SOURCES
from tests.bombs.stack import Making
from tests.bombs.waivers import WAIVERS

BOMBS: dict[str, Making] = {**SOURCES, **PLANS, **COMPRESSED, **WAIVERS, **CONTEXTS, **BOMBS_OF_DECISIONS}
