"""Find fixes for what no permission can fix: rules of ECS that a configuration breaks."""

from __future__ import annotations

from collections.abc import Sequence

from tfcheck.fix.env_file_names import EnvFileNames
from tfcheck.fix.log_groups import LogGroups
from tfcheck.fix.log_options import LogOptions
from tfcheck.fix.place import Places
from tfcheck.fix.plan_fixes import DraftFix
from tfcheck.fix.task_corrections import TaskCorrections
from tfcheck.fix.waiting import Waiting
from tfcheck.inventory.world import After
from tfcheck.vocabulary.finding import Finding, Remedy

_AGAIN = "run `terraform plan` again: the sources already have what the plan lacks"


def without_grants(
    findings: Sequence[Finding], world: After, places: Places, grants: Sequence[DraftFix]
) -> tuple[list[DraftFix], list[tuple[Finding, Remedy]]]:
    """Return the changes that are proven, and what to do where the sources have them already.

    `grants` are the other fixes: services wait for what they create, as a part of them.
    """
    waiting, groups = Waiting(world, places.files), LogGroups(world, places)
    found = [
        *grants,
        *TaskCorrections(world, places.files).fixes(findings),
        *groups.fixes(findings),
        *LogOptions(world, places).fixes(findings),
        *EnvFileNames(world, places.files).fixes(findings),
    ]
    waited = waiting.with_waits(found, findings)
    return waited, [(each, Remedy(_AGAIN)) for each in (*waiting.settled, *groups.settled)]
