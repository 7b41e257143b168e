"""What a process loads that is forked to run `tfcheck fix`: the second reader's grammar takes a second to build."""

from __future__ import annotations

import tfcheck.analysis.fix_session
import tfcheck.fix.fix_finder  # noqa: F401
from tfcheck.fix.proof.second_reader import tree

tree("")
