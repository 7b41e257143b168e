"""Whatever style a policy is written in, a fix only adds: a law over generated files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import check_with_world
from tests.laws import tries
from tfcheck.analysis.check import check
from tfcheck.fix import PlanFixes, find_fixes
from tfcheck.fix.edits.files import file_bytes
from tfcheck.fix.edits.insertion import apply_insertions, group_by_file
from tfcheck.hcl.modules import Sources, from_directory
from tfcheck.hcl.syntax.tf_json import read_source
from tfcheck.plan import Plan
from tfcheck.plan.load import load
from tfcheck.report.diff import needs_unidiff_zero
from tfcheck.vocabulary.finding import Verdict

VERSION = 'Version = "2012-10-17"'
OWN = '{ Effect = "Allow", Action = "ecr:*", Resource = "*" }'
#: Actions and resources: some are like what is needed, so that a statement gets another resource.
GRANTS = [
    ('["logs:PutLogEvents"]', '"*"'),
    ('"s3:GetObject"', '"arn:aws:s3:::other/*"'),
    ('["s3:GetObject"]', '["arn:aws:s3:::other/*"]'),
    ('["s3:GetObject"]', '["arn:aws:s3:::other/*", "arn:aws:s3:::others/*"]'),
    ('"s3:GetBucketLocation"', '["arn:aws:s3:::other",  "arn:aws:s3:::others"]'),
]
NEEDED = "arn:aws:s3:::acme-config/web/prod.env"
TASK = json.dumps([{"name": "web", "environmentFiles": [{"type": "s3", "value": NEEDED}]}])
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        },
    }
)


class Text(msgspec.Struct, frozen=True):
    """A generated configuration: its file, and how many role instances there are (0: no `for_each`)."""

    file: str
    data: bytes
    keys: tuple[str, ...] = ()


@st.composite
def statements(draw: st.DrawFn, unit: str, base: str, *, as_json: bool) -> str:
    """Write the value of `Statement` in one of many ways; `base` is the indentation of its line."""
    mark = ": " if as_json else draw(st.sampled_from([" = ", "=", " : ", ": "]))
    quote = '"' if as_json or draw(st.booleans()) else ""
    sids = draw(st.booleans())
    names = ["Sid"] if sids else []

    def items(number: int) -> list[str]:
        action, resource = draw(st.sampled_from(GRANTS))
        values = {"Sid": f'"Own{number}"', "Effect": '"Allow"', "Action": action, "Resource": resource}
        return [f"{quote}{name}{quote}{mark}{values[name]}" for name in [*names, "Effect", "Action", "Resource"]]

    def flat(number: int) -> str:
        return "{ " + ", ".join(items(number)) + " }"

    def tall(number: int, inside: str) -> str:
        comma = "," if as_json else draw(st.sampled_from(["", ","]))
        comment = "" if as_json else draw(st.sampled_from(["", "", " # why", " // }]"]))
        lines = [f"{inside}{unit}{each}{comma}" for each in items(number)]
        lines[-1] = lines[-1].removesuffix(",") if as_json else lines[-1]
        return "{" + comment + "\n" + "\n".join(lines) + f"\n{inside}}}"

    number = draw(st.integers(1, 3))
    match draw(st.sampled_from(["flat", "rows", "tall", "joined", "object", "flat object", "mixed"])):
        case "flat":
            return "[" + ", ".join(map(flat, range(number))) + "]"
        case "rows" | "mixed" as style:
            inner = base + unit
            rows = [tall(n, inner) if style == "mixed" and n % 2 else flat(n) for n in range(number)]
        case "tall":
            inner = base + unit
            rows = [tall(n, inner) for n in range(number)]
        case "joined":
            return "[" + ", ".join(tall(n, base) for n in range(number)) + "]"
        case "object":
            return tall(0, base)
        case _:
            return flat(0)
    last = "" if as_json else draw(st.sampled_from(["", ",", ", # the last", " /* none */"]))
    gap = draw(st.sampled_from(["", "\n"]))
    return "[\n" + f",\n{gap}".join(inner + row for row in rows) + f"{last}\n{base}]"


@st.composite
def documents(draw: st.DrawFn, unit: str) -> str:
    """Write a policy document with statements in many styles."""
    sids = draw(st.booleans())
    gap = draw(st.sampled_from(["\n", "\n\n", "\n\n# next\n"]))
    blocks = []
    for number in range(draw(st.integers(1, 3))):
        sid = f'{unit * 2}sid = "Own{number}"\n' if sids else ""
        effect = f'{unit * 2}effect    = "Allow"\n' if draw(st.booleans()) else ""
        rest = f'{unit * 2}actions   = ["logs:PutLogEvents"]\n{unit * 2}resources = ["*"]\n'
        block = f"{unit}statement {{\n{sid}{effect}{rest}{unit}}}"
        if draw(st.integers(0, 4)) == 0:
            content = f'{unit * 3}actions = ["logs:PutLogEvents"]\n{unit * 3}resources = [statement.value]\n'
            for_each = f'{unit * 2}for_each = toset(["arn:aws:logs:*:*:*"])\n'
            block = f'{unit}dynamic "statement" {{\n{for_each}{unit * 2}content {{\n{content}{unit * 2}}}\n{unit}}}'
        blocks.append(block)
    version = draw(st.sampled_from(["", f'{unit}version = "2012-10-17"\n']))
    inside = version + gap.join(blocks) + ("\n" if blocks else "")
    return f'data "aws_iam_policy_document" "files" {{\n{inside}}}\n'


@st.composite
def configurations(draw: st.DrawFn) -> Text:
    """Write a role, a task, and a policy in any form that a policy takes."""
    unit = draw(st.sampled_from(["  ", "    ", "\t"]))
    keys = draw(st.sampled_from([(), (), (), ("a", "b.c")]))
    each = f"{unit}for_each = toset({json.dumps(list(keys))})\n" if keys else ""
    key = "[each.key]" if keys else ""
    policy, extra = draw(policies(unit))
    parts = [
        f'resource "aws_iam_role" "execution" {{\n{each}{unit}name = "web{"-${each.key}" if keys else ""}"\n'
        f"{unit}assume_role_policy = {hcl(TRUST)}\n}}\n",
        f'resource "aws_iam_role_policy" "files" {{\n{each}{unit}name = "files"\n'
        f"{unit}role = aws_iam_role.execution{key}.id\n{unit}policy = {policy}\n}}\n"
        if policy
        else "",
        extra,
        f'resource "aws_ecs_task_definition" "web" {{\n{each}{unit}family = "web{"-${each.key}" if keys else ""}"\n'
        f"{unit}execution_role_arn = aws_iam_role.execution{key}.arn\n{unit}container_definitions = {hcl(TASK)}\n}}\n",
        draw(st.sampled_from(["", "# Ende: straße \u2028 }\n", "/* { [ */\n", 'locals { odd = "}]${"{"}" }\n'])),
    ]
    text = draw(st.sampled_from(["\n", "", "\n\n\n"])).join(draw(st.permutations([each for each in parts if each])))
    text += draw(st.sampled_from(["", "\n\n", "\t\n"]))
    if draw(st.booleans()):
        text = text.rstrip("\n\t ")
    if draw(st.integers(0, 3)) == 0:
        text = text.replace("\n", "\r\n")
    mark = draw(st.sampled_from(["", "", "\ufeff"]))
    return Text(draw(st.sampled_from(["main.tf", "a b.tf", "straße.tf"])), (mark + text).encode(), keys)


@st.composite
def policies(draw: st.DrawFn, unit: str) -> tuple[str, str]:
    """Write the expression of a policy, and what else it needs."""
    match draw(st.sampled_from(["encode", "encode", "document", "document", "heredoc", "none", "local", "concat"])):
        case "encode":
            body = draw(statements(unit, unit * 2, as_json=False))
            return f'jsonencode({{\n{unit * 2}Version = "2012-10-17"\n{unit * 2}Statement = {body}\n{unit}}})', ""
        case "document":
            return "data.aws_iam_policy_document.files.json", draw(documents(unit))
        case "heredoc":
            body = draw(statements(unit, unit, as_json=True))
            return f'<<-POLICY\n{{\n{unit}"Version": "2012-10-17",\n{unit}"Statement": {body}\n}}\n{unit}POLICY', ""
        case "local":
            return "jsonencode(local.policy)", f"locals {{\n  policy = {{ {VERSION}, Statement = [{OWN}] }}\n}}\n"
        case "concat":
            return f"jsonencode({{ {VERSION}, Statement = concat([{OWN}], []) }})", ""
        case _:
            return "", ""


def hcl(text: str) -> str:
    return json.dumps(text)


def planned(text: Text, folder: Path) -> Plan:
    """Write the plan that Terraform would make of a configuration, its policy known only after apply."""
    unknown = {"policy": True, "role": True, "id": True}
    rows = []
    for key in text.keys or (None,):
        name = f"web-{key}" if key else "web"
        rows += [
            _row("aws_iam_role", "execution", key, {"name": name, "assume_role_policy": TRUST}, {"arn": True}),
            _row(
                "aws_ecs_task_definition", "web", key,
                {"family": name, "container_definitions": TASK}, {"execution_role_arn": True, "arn": True},
            ),
        ]  # fmt: skip
        if b'"aws_iam_role_policy" "files"' in text.data:
            rows.append(_row("aws_iam_role_policy", "files", key, {"name": "files"}, unknown))
    if b"aws_iam_policy_document" in text.data:
        rows.append(_row("aws_iam_policy_document", "files", None, NO_DOCUMENT, {"json": True}, mode="data"))
    listed = {(row["mode"], row["type"], row["name"]) for row in rows}
    resources = [{"address": f"{t}.{n}", "mode": m, "type": t, "name": n, "expressions": {}} for m, t, n in listed]
    document = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "resource_changes": rows,
        "configuration": {"root_module": {"resources": resources}},
    }
    (folder / "plan.json").write_text(json.dumps(document))
    return load(folder / "plan.json").plans[0]


NO_DOCUMENT = dict.fromkeys(
    ("version", "policy_id", "source_policy_documents", "override_policy_documents", "source_json", "override_json")
)


def _row(
    kind: str, name: str, key: str | None, after: dict[str, object], unknown: dict[str, bool], mode: str = "managed"
) -> dict[str, object]:
    written = f"[{json.dumps(key)}]" if key else ""
    address = f"{'data.' if mode == 'data' else ''}{kind}.{name}{written}"
    action = "read" if mode == "data" else "create"
    change = {"actions": [action], "before": None, "after": after, "after_unknown": unknown}
    row: dict[str, object] = {"address": address, "mode": mode, "type": kind, "name": name, "change": change}
    return row | ({"index": key} if key else {})


def fixed(plan: Plan, sources: Sources) -> PlanFixes:
    report, world = check_with_world(plan, sources)
    return find_fixes(report.findings, world)


def changed(found: PlanFixes) -> dict[str, bytes]:
    changes = group_by_file(insertion for each in found.found for insertion in each.insertions)
    return {each.name: file_bytes(apply_insertions(each.text, several), each) for each, several in changes.items()}


@tries(30)
@given(text=configurations())
def test_a_fix_only_adds_and_grants(text: Text) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / text.file).write_bytes(text.data)
        source = read_source(from_directory(folder).module(()).files[0].source)  # type: ignore[union-attr]
        assert source.problem is None, text.data.decode()
        plan = planned(text, folder)
        found = fixed(plan, from_directory(folder))
        answers = {answer.requirement for each in found.found for answer in each.answers}
        assert len(answers) == 2 * max(len(text.keys), 1), "object and bucket, for every role"
        assert all(each.fix.proven and each.fix.diff for each in found.found)
        new = changed(found)[text.file]
        _only_adds(text, new)
        _applies(found, text, new, folder)
        _nothing_left(plan, folder, text)


def _only_adds(text: Text, new: bytes) -> None:
    old = text.data.decode()
    assert is_subsequence_of_pieces(old, new.decode())
    assert new.startswith(b"\xef\xbb\xbf") == text.data.startswith(b"\xef\xbb\xbf")
    assert new.endswith(b"\n") == text.data.endswith(b"\n")
    if b"\r\n" in text.data:
        assert new.count(b"\n") == new.count(b"\r\n")
    assert new.count(NEEDED.encode()) == text.data.count(NEEDED.encode()) + 1


def is_subsequence_of_pieces(old: str, new: str) -> bool:
    """Whether `new` is `old` with some text put in at few places; a line that is broken has other white space."""
    rest = iter(new)
    return all(any(char == other for other in rest) for char in old if not char.isspace())


def _applies(found: PlanFixes, text: Text, new: bytes, folder: Path) -> None:
    """Apply the diffs of all fixes with git; there is one, as all roles are made from one block."""
    assert len(found.found) == 1
    subprocess.run(["git", "init", "-q", "."], cwd=folder, check=True)
    diff = found.found[0].fix.diff.encode()
    options = ["--unidiff-zero"] if needs_unidiff_zero(diff.decode()) else []
    subprocess.run(["git", "apply", *options, "-"], cwd=folder, input=diff, check=True, capture_output=True)
    assert (folder / text.file).read_bytes() == new


def _nothing_left(plan: Plan, folder: Path, text: Text) -> None:
    sources = from_directory(folder)
    report = check(plan, sources)
    again = fixed(plan, sources)
    assert [each.fix.title for each in again.found] == []
    granted = [each for each in report.answers if each.verdict is Verdict.ALLOWED]
    assert len(granted) + len(again.settled) >= 2 * max(len(text.keys), 1)
    module = sources.module(())
    assert module is not None
    assert all(each.problem is None for each in module.files)


def test_what_is_formatted_stays_formatted(tmp_path: Path) -> None:
    command = shutil.which("terraform")
    if command is None:
        pytest.skip("terraform is not installed")
    texts = gathered()
    for number, text in enumerate(texts):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / text.file).write_bytes(text.data)
    formatted(command, tmp_path, "-write=true")
    for number, text in enumerate(texts):
        folder = tmp_path / str(number)
        here = Text(text.file, (folder / text.file).read_bytes(), text.keys)
        found = fixed(planned(here, folder), from_directory(folder))
        for name, new in changed(found).items():
            (folder / name).write_bytes(new)
    assert formatted(command, tmp_path, "-check", "-diff") == ""


def gathered() -> list[Text]:
    """Generate many configurations, to be given to Terraform together: it starts slowly."""
    found: list[Text] = []

    @tries(40, database=None)
    @given(text=configurations())
    def gather(text: Text) -> None:
        found.append(text)

    gather()
    return found


def formatted(command: str, folder: Path, *options: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"}
    done = subprocess.run(
        [command, "fmt", "-recursive", *options, "."], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode in (0, 3), done.stderr
    return done.stdout if "-check" in options else ""
