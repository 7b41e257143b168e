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
    found, settled, left = list(grants), list[Finding](), list[tuple[Finding, Remedy]]()
    if any(not each.answers for each in findings):
        corrected, settled, left = _correct(findings, places)
        found += corrected
    if places.world.resources(*SERVICE_TYPES):
        from tfcheck.fix.corrections.service_waits import ServiceWaits

        waiting = ServiceWaits(places)
        found, settled = waiting.add_waits(found, findings), [*waiting.settled, *settled]
    return found, [*((each, Remedy(_AGAIN)) for each in settled), *left]


def _correct(
    findings: Sequence[Finding], places: FixPlaces
) -> tuple[list[DraftFix], list[Finding], list[tuple[Finding, Remedy]]]:
    from tfcheck.fix.corrections.env_file_names import EnvFileNames
    from tfcheck.fix.corrections.log_groups import LogGroups
    from tfcheck.fix.corrections.log_options import LogOptions
    from tfcheck.fix.corrections.passed_secrets import PassedSecrets
    from tfcheck.fix.corrections.task_corrections import PolicyCorrections, TaskCorrections

    groups, tasks = LogGroups(places), TaskCorrections(places)
    found = [
        *tasks.fixes(findings),
        *PolicyCorrections(places).fixes(findings),
        *groups.fixes(findings),
        *LogOptions(places).fixes(findings),
        *EnvFileNames(places).fixes(findings),
    ]
    done = {id(each.finding) for each in found}
    left = [each for each in findings if id(each) not in done]
    remedies = [*tasks.remedies(left), *PassedSecrets(places).remedies(left), *groups.remedies(left)]
    return found, groups.settled, remedies
