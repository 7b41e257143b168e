"""Find fixes for broken ECS rules, which no permission can fix."""

from __future__ import annotations

from collections.abc import Sequence

from tfcheck.fix.policies.fix_places import FixPlaces
from tfcheck.fix.proposal import DraftFix
from tfcheck.inventory.ecs import SERVICE_TYPES
from tfcheck.vocabulary.finding import Finding, Remedy

_AGAIN = "run `terraform plan` again: the sources already have what the plan lacks"


def without_grants(
    findings: Sequence[Finding], places: FixPlaces, grants: Sequence[DraftFix]
) -> tuple[list[DraftFix], list[tuple[Finding, Remedy]]]:
    """Return the proven changes, and remedies where the sources are fixed already.

    `grants` are the other fixes: services wait for what they create, as a part of them.
    """
    found, settled = list(grants), list[Finding]()
    if any(not each.answers for each in findings):
        corrected, settled = _correct(findings, places)
        found += corrected
    if places.world.resources(*SERVICE_TYPES):
        from tfcheck.fix.corrections.service_waits import ServiceWaits

        waiting = ServiceWaits(places)
        found, settled = waiting.add_waits(found, findings), [*waiting.settled, *settled]
    return found, [(each, Remedy(_AGAIN)) for each in settled]


def _correct(findings: Sequence[Finding], places: FixPlaces) -> tuple[list[DraftFix], list[Finding]]:
    from tfcheck.fix.corrections.log_options import LogGroups, LogOptions
    from tfcheck.fix.corrections.task_corrections import EnvFileNames, PolicyCorrections, TaskCorrections

    groups = LogGroups(places)
    found = [
        *TaskCorrections(places).fixes(findings),
        *PolicyCorrections(places).fixes(findings),
        *groups.fixes(findings),
        *LogOptions(places).fixes(findings),
        *EnvFileNames(places).fixes(findings),
    ]
    return found, groups.settled
