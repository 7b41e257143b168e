"""Reports as somebody would forge them who wants to break out of a format."""

from __future__ import annotations

from random import Random

import msgspec
from hypothesis import strategies as st

from tests.report import samples
from tfcheck.symbolic.doubt import DoubtKind, HintKind
from tfcheck.vocabulary.access import AccessChange, AccessUnknown, ActionOnResource, RoleSwitch, TaskChange
from tfcheck.vocabulary.finding import (
    Answer,
    BaselineComparison,
    Evidence,
    EvidenceKind,
    Finding,
    Fix,
    Location,
    PlanInfo,
    Reason,
    Report,
    Requirement,
    RoleKind,
    Severity,
    Skipped,
    Unread,
    Verdict,
)

_WEAPONS = (
    *("`", "``", "```", "\n```\n", "~~~", "|", "\\|", "\\", "\n", "\r\n", "\n\n", "\t", " ", "  ", "(", ")", ". ", ":"),
    *("@evil", "#1", "GH-1", "owner/repo#2", "https://evil.test/x", "http://evil.test", "www.evil.test", "a@evil.test"),
    *("</details>", "<details>", "<summary>", "</code>", "<img src=x>", "<!--", "-->", "&lt;", "&#64;evil", "<b>"),
    *(
        "![x](https://evil.test/i)",
        "[x](https://evil.test)",
        "](",
        "[x]:",
        "**",
        "__",
        "# ",
        "- ",
        "1. ",
        "> ",
        "---",
        "===",
    ),
    *("\u202e", "\u200b", "\x1b[2J", "\x00", "\ufeff", "\u2028", "\U000e0041", "é", "漢", "🙂"),
    *(
        "::error::x",
        "%0A",
        "]]>",
        "end",
        '"',
        "'",
        "web",
        "deadbeef",
        "abcdefabcdef",
        "the",
        "role",
        "0",
        "${x.y}",
        "x.y",
    ),
)

#: Where other characters are from: ASCII, the plane of most scripts without surrogates, and what is above.
_CHARACTERS = ((0, 0x7F), (0, 0x2FF), (0, 0xD7FF), (0xE000, 0x10FFFF))


def _name(number: int) -> str:
    """Return a name of its own for each number: nothing, one weapon, several of them, or other characters."""
    if number <= len(_WEAPONS):
        return ("", *_WEAPONS)[number]
    chance = Random(number)
    if chance.random() < 0.6:
        return "".join(chance.choices(_WEAPONS, k=chance.randint(1, 8)))
    return "".join(chr(chance.randint(*chance.choice(_CHARACTERS))) for _ in range(chance.randint(1, 20)))


#: A report has a hundred names: each is one choice, as dozens take ten times as long.
names = st.integers(0, 2**32).map(_name)
_lines = st.integers(1, 10_000)
_places = st.none() | st.builds(Location, names, _lines, _lines, names)
_evidence = st.builds(
    Evidence,
    names,
    st.none() | names,
    st.sampled_from(["Allow", "Deny", ""]),
    st.sampled_from(EvidenceKind),
    st.lists(names, max_size=5).map(tuple),
    _places,
    st.none() | _lines,
    names,
    names,
)
_requirements = st.builds(
    Requirement,
    names,
    names,
    st.none() | names,
    names,
    st.sampled_from(RoleKind),
    names,
    names,
    st.sampled_from(Severity),
    names,
)
_few = st.lists(names, max_size=3).map(tuple)
answers = st.builds(
    Answer,
    _requirements,
    st.none() | names,
    st.sampled_from(Verdict),
    st.none() | st.sampled_from(Reason),
    st.none() | st.sampled_from(Verdict),
    names,
    st.lists(_evidence, max_size=3).map(tuple),
    _few,
    _places,
    waits_for_kind=st.none() | st.sampled_from(DoubtKind),
    waits_for_hint=st.none() | st.sampled_from(HintKind),
)
_fixes = st.builds(Fix, names, names, st.booleans(), names, names)
findings = st.builds(
    Finding,
    names,
    st.sampled_from(Severity),
    names,
    st.none() | names,
    names,
    st.lists(answers, max_size=3).map(tuple),
    _few,
    names,
    st.sampled_from([None, "introduced", "existing"]),
    _places,
    _places,
    st.none() | _fixes,
)
plans = st.builds(PlanInfo, names, names, names, names, st.booleans(), st.none() | names)
contexts = st.none() | st.fixed_dictionaries(
    {},
    optional={"target": names, "repository": names, "pull_request": st.integers(0, 9), "head_sha": names, "run": names},
)
_pieces = st.builds(ActionOnResource, names, names)
_access = st.builds(
    AccessChange,
    names,
    names,
    names,
    st.sampled_from(["granted", "revoked"]),
    st.none() | names,
    st.lists(_pieces, max_size=4).map(tuple),
    st.sampled_from([None, None, "created", "deleted"]),
)
_changes = st.fixed_dictionaries(
    {
        "task_changes": st.lists(
            st.builds(TaskChange, names, st.sampled_from(["broken", "fixed", "still_broken"])), max_size=3
        ).map(tuple),
        "role_switches": st.lists(st.builds(RoleSwitch, names, st.none() | names, names), max_size=2).map(tuple),
        "access_changes": st.lists(_access, max_size=6).map(tuple),
        "access_possible": st.lists(_access, max_size=6).map(tuple),
        "access_unknown": st.lists(st.builds(AccessUnknown, names, names), max_size=2).map(tuple),
        "unread": st.lists(st.builds(Unread, names, names), max_size=2).map(tuple),
        "baseline": st.none()
        | st.builds(
            BaselineComparison, names, st.lists(findings, max_size=2).map(tuple), st.integers(0, 9), st.integers(0, 9)
        ),
    }
)
_told = st.builds(
    Report,
    plans,
    _few,
    st.lists(answers, max_size=3).map(tuple),
    st.lists(findings, max_size=3).map(tuple),
    st.lists(st.builds(Skipped, names, names), max_size=2).map(tuple),
    _few,
    contexts,
)
reports = st.builds(lambda report, changes: msgspec.structs.replace(report, **changes), _told, _changes)


def filled(name: str) -> Report:
    """Make a report with one hostile name everywhere."""
    place = Location(name, 1, 2, name)
    need = samples.need(resource=name, task=name)
    evidence = Evidence(name, name, "Allow", EvidenceKind.MAY_DECIDE, (name,), place, None, name, name)
    answer = Answer(need, name, Verdict.DENIED, Reason.IMPLICIT_DENY, waits_for=name, evidence=(evidence,))
    fix = Fix(name, "safe", True, name, name)
    finding = Finding(name, Severity.ERROR, name, name, name, (answer,), (name,), name, None, place, place, fix)
    report = samples.report(
        answer, samples.unknown(need, name), findings=(finding,), skipped=(Skipped(name, name),), notes=(name,)
    )
    return msgspec.structs.replace(
        report,
        task_changes=(TaskChange(name, "broken"), TaskChange(name, "fixed")),
        role_switches=(RoleSwitch(name, name, name), RoleSwitch(name, None, name)),
        access_changes=(
            AccessChange(name, name, name, "revoked", name, (ActionOnResource(name, name),)),
            AccessChange(name, name, name, "granted", None, (), "created"),
        ),
        access_unknown=(AccessUnknown(name, name),),
        unread=(Unread(name, name),),
        baseline=BaselineComparison(name, (msgspec.structs.replace(finding, message=f"known {name}"),), 1, 1),
        access_possible=(AccessChange(name, name, name, "granted", name, (ActionOnResource(name, name),)),),
    )
