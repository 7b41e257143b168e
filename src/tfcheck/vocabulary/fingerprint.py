"""The fingerprint of a problem: the same in every run, regardless of file, line and plan.

It consists of the rule, the addresses of task definition and role, the container's name, the action, and the address of
the needed object; for a misconfiguration, of the rule and the address of what is wrong. Lines, files, the order of
resources and containers, messages and the plan's name are not part of it.
"""

from __future__ import annotations

from tfcheck.vocabulary.finding import Answer, Finding, Skipped

_DIGITS = 16


def answer_fingerprint(answer: Answer) -> str:
    """Return the fingerprint of a missing permission, as saved or computed."""
    need = answer.requirement
    subject = answer.subject or need.shown_resource
    return answer.fingerprint or _hash(
        need.rule, need.task_definition, need.container or "", answer.role or "", need.action, subject
    )


def finding_fingerprint(finding: Finding) -> str:
    """Return the fingerprint of a finding without requirements, as saved or computed.

    A misconfiguration of something that task definitions share is reported for the first of them, whichever that is.
    """
    subject = finding.subject or finding.message
    return finding.fingerprint or _hash(finding.rule, finding.address or finding.task_definition, subject)


def skipped_fingerprint(skipped: Skipped) -> str:
    """Return the fingerprint of what could not be analysed, for any reason."""
    return _hash("skipped", skipped.address)


def part_fingerprints(finding: Finding) -> tuple[str, ...]:
    """Return the fingerprints of a finding: of each of its requirements, otherwise its own."""
    return tuple(map(answer_fingerprint, finding.answers)) or (finding_fingerprint(finding),)


def _hash(*parts: str) -> str:
    import hashlib  # takes longer to load than to use, and only some reports have fingerprints

    return hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).hexdigest()[:_DIGITS]
