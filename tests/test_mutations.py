"""A real plan with wrong values anywhere in it is analysed, or refused in one line; it never ends in a traceback."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TypeAlias

import pytest

from tests.cases import TESTDATA, Case
from tests.laws import part
from tfcheck.analysis.check import check
from tfcheck.analysis.options import RunOptions
from tfcheck.plan import load
from tfcheck.report.json import json as as_json
from tfcheck.report.text import text as as_text
from tfcheck.vocabulary.errors import InputError

Path: TypeAlias = tuple[str | int, ...]

#: Plans with policies, documents, buckets, keys, modules, services and a change of each kind.
NAMES = (
    "encrypted-bucket",
    "inline-and-managed-on-role",
    "modules-passing-arns",
    "new-bucket-policy-document",
    "policy-attachment",
    "regression-on-update",
    "secrets-with-key",
)
#: How many changed plans of each are read in full; the seeds are fixed, so that a failure repeats.
EACH = 25
NAMED = ("name", "arn", "id", "role", "policy", "bucket", "key", "policy_arn", "family")
WRONG: tuple[Any, ...] = ([], ["x"], [["x"]], {}, {"a": 1}, 7, True)
SECTIONS = ("resource_changes", "configuration", "prior_state", "variables")
VALUES: tuple[Any, ...] = (
    *(None, True, 0, 1.5, 10**30, "", "x", "${x}", "arn:aws:s3:::b/*", "aws_iam_role.e.arn", "{", "[]", "[1]"),
    *('{"Statement": 1}', [], {}, [[]], [{}], [None], ["x"], [1], {"a": 1}, {"": {}}, [["x"], {"y": []}], "\0"),
)


@pytest.mark.parametrize("seed", part(range(EACH), 4))
@pytest.mark.parametrize("name", NAMES)
def test_wrong_values_do_not_crash(name: str, seed: int) -> None:
    chance = random.Random(f"{name} {seed}")
    case = Case(TESTDATA / name)
    document = json.loads((case.folder / "plan.json").read_bytes())
    for _ in range(chance.randint(1, 3)):
        mutate(document, chance)
    with suppress(InputError):
        (plan,) = load(None, io.BytesIO(json.dumps(document).encode())).plans
        report = check(plan, case.sources(case.plan()) if seed % 2 else None, RunOptions(fixes=True))
        assert as_json(report)
        assert as_text(report)


@pytest.mark.parametrize(("name", "wrong"), part([(name, wrong) for name in NAMED for wrong in WRONG], 4))
def test_a_value_of_another_type_than_text_does_not_crash(name: str, wrong: Any) -> None:
    case = Case(TESTDATA / "new-bucket-policy-document")
    document = json.loads((case.folder / "plan.json").read_bytes())
    for row in document["resource_changes"]:
        if name in row["change"]["after"]:
            row["change"]["after"][name] = wrong
    (plan,) = load(None, io.BytesIO(json.dumps(document).encode())).plans
    assert as_text(check(plan, case.sources(plan), RunOptions(fixes=True)))


def mutate(document: Any, chance: random.Random) -> None:
    """Change, drop or wrap one value of a plan, mostly one of a resource."""
    places = [each for each in paths(document) if len(each) > 1 and each[0] in SECTIONS]
    resources = [each for each in places if each[0] == "resource_changes" and len(each) > 4]
    place = chance.choice(resources if resources and chance.random() < 0.8 else places)
    parent = document
    for step in place[:-1]:
        parent = parent[step]
    old, kind = parent[place[-1]], chance.random()
    if kind < 0.1:
        del parent[place[-1]]
    elif kind < 0.25:
        parent[place[-1]] = [old] if kind < 0.2 else {"x": old}
    else:
        parent[place[-1]] = chance.choice(VALUES)


def paths(node: Any, above: Path = ()) -> Iterator[Path]:
    """Go through all places of a JSON document."""
    yield above
    members = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in members:
        yield from paths(value, (*above, key))
