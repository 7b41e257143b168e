"""Make text that others wrote harmless in the output of a step.

Atlantis looks for phrases in the output of steps: it adds up plans, tells whether there are changes, and counts the
results of policy checks (`server/events/models/models.go`, `server/events/project_command_runner.go`). Names in a plan
are chosen by the author of the pull request and may spell any of them.
"""

from __future__ import annotations

import re

from tfcheck.report.plain import clipped, visible
from tfcheck.symbolic.regex import regex

_LONGEST = 400
_PHRASE = regex(
    r"""Plan:|No\ changes\.|Note:\ Objects|Changes\ to\ Outputs:
    | [0-9]\ (?:test|passed|warning|failure|exception)
    | failures":\ \[""",
    re.VERBOSE,
)


def harmless(text: str) -> str:
    """Write text on one line that neither ends a fence nor says anything to Atlantis."""
    shown = clipped(visible(text), _LONGEST).replace("`", "'")
    return _PHRASE.sub(lambda found: re.sub(r"[ :.]", "_", found[0]), shown)
