"""Sources that changed after the plan was made are not believed where the plan shows it, and the run says so."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest

from tests.cases import TESTDATA, Case, with_expectation, with_plan
from tests.laws import part, some
from tests.plan.made import change, plan
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.analysis.check import check
from tfcheck.fix.proof.trial import ChangedSources
from tfcheck.hcl.modules.sources import from_directory
from tfcheck.plan import constant
from tfcheck.resolve import Resolver, resolver_of
from tfcheck.resolve.changed_since import changed_since
from tfcheck.resolve.configuration_refs import ordered_references, root_of
from tfcheck.resolve.difference import is_other
from tfcheck.symbolic.value import Text, Unknown, text
from tfcheck.vocabulary.address import ModulePath, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tfcheck.hcl.modules import Sources
    from tfcheck.hcl.syntax.block import Argument
    from tfcheck.plan import Plan
    from tfcheck.vocabulary.finding import Report

SAID = "are not those that the plan was made from"
_LITERAL = re.compile(r'"([^"\\$%{}]+)"')
#: Of each case so many literals are changed, by default one of them.
_EACH = 4


@pytest.mark.parametrize("case", part(with_plan(), 8), ids=repr)
def test_the_sources_of_a_plan_are_believed(case: Case) -> None:
    for name in filter(case.has, ("plan.json", "applied.plan.json", "tofu.plan.json")):
        if case.has("expect.json"):  # then others need the report too
            said = case.report(name).notes
        else:
            made = case.plan(name)
            said = tuple(resolver_of(made, case.sources(made, name), None).contradictions)
        assert [(name, each) for each in said if SAID in each] == []


@pytest.mark.parametrize("case", part(with_expectation(), 8), ids=repr)
def test_a_changed_constant_is_found_and_decides_nothing(case: Case) -> None:
    made = case.plan()
    sources = case.sources(made)
    before = verdicts(case.report())
    literals = sorted(constants(made, sources), key=lambda each: (each[0].source.name, each[1].start()))
    chosen = random.Random(case.name).sample(literals, min(_EACH, len(literals)))
    for argument, found in some(chosen, 0):
        text, at = argument.source.text, argument.value_start + found.end() - 1
        changed = ChangedSources(sources, {argument.source.name: f"{text[:at]}-x{text[at:]}"})
        report = check(made, changed)
        where = argument.name, found[0]
        assert any(SAID in note for note in report.notes), where
        for place, verdict in verdicts(report).items():
            assert verdict in ("unknown", before.get(place, verdict)) or before[place] == "unknown", (where, place)


def verdicts(report: Report) -> dict[tuple[str, str | None, str, str], str]:
    needs = ((each.requirement, each.verdict.value) for each in report.answers)
    return {(need.task_definition, need.container, need.pointer, need.action): verdict for need, verdict in needs}


def constants(made: Plan, sources: Sources) -> Iterator[tuple[Argument, re.Match[str]]]:
    """Yield the literals in arguments of which the plan's configuration keeps the value."""
    module, planned = sources.module(()), made.configuration
    for resource in planned.resources.values() if module and planned else ():
        block = module.resource(resource.mode, resource.type, resource.name) if module else None
        for name, argument in block.arguments.items() if block else ():
            if constant(resource.expressions.get(name))[0] and not argument.source.name.endswith(".json"):
                text = argument.source.text[argument.value_start : argument.value_end]
                yield from ((argument, found) for found in _LITERAL.finditer(text))


SOURCES = """
locals {
  stage  = "prod"
  folder = "app"
  kept   = "files"
}

resource "aws_s3_bucket" "b" {
  bucket = "${local.stage}-${local.kept}"
}

resource "aws_ssm_parameter" "kept" {
  name  = local.kept
  value = "x"
}

resource "aws_ssm_parameter" "place" {
  name  = "place"
  value = "${aws_s3_bucket.b.arn}/${local.stage}/${local.folder}/${local.kept}"
}
"""


def plan_with_bucket(bucket: str) -> Plan:
    return plan(
        change("aws_s3_bucket.b", "create", after={"bucket": bucket}, after_unknown={"arn": True}),
        change("aws_ssm_parameter.kept", "create", after={"name": "files", "value": "x"}),
        change("aws_ssm_parameter.place", "create", after={"name": "place"}, after_unknown={"value": True}),
    )


def test_what_a_differing_value_depends_on_is_unknown_unless_another_value_shows_it(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(SOURCES)
    resolver = resolver_of(plan_with_bucket("dev-files"), from_directory(tmp_path), None)
    (said,) = resolver.contradictions
    assert "aws_s3_bucket.b.bucket differs" in said
    assert isinstance(resolver.names.local(ModulePath(), "stage"), Unknown)
    assert resolver.names.local(ModulePath(), "folder") == "app"
    assert resolver.names.local(ModulePath(), "kept") == "files"
    place = resolver.attribute(parse("aws_ssm_parameter.place"), "value")
    assert isinstance(place, Text)
    assert [each for each in place.pieces if isinstance(each, str)] == ["/", "/app/files"]


def test_what_agrees_is_believed(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(SOURCES)
    resolver = resolver_of(plan_with_bucket("prod-files"), from_directory(tmp_path), None)
    assert resolver.contradictions == []
    assert resolver.names.local(ModulePath(), "stage") == "prod"


WORKSPACE = Unknown(symbol("terraform", ("workspace",)))


@every_row(
    ("evaluated", "planned", "expected"),
    [
        ("a", "a", False),
        ("a", "b", True),
        ("A", "a", False),
        (80, "80", False),
        ("80", 80, False),
        (80, 81, True),
        (True, False, True),
        (["a", "b"], ["b", "a"], False),
        (["a"], ["a", "b"], True),
        (["a", "b"], ["a"], True),
        ({"a": "x"}, {"a": "x", "added": "y"}, False),
        ('{"a": ["x"]}', '{"a": "x"}', False),
        ('{"a": ["x", "y"]}', '{"a": "x"}', True),
        ('[{"name": "a"}]', '[{"essential":true,"name":"a","portMappings":[{"protocol":"tcp"}]}]', False),
        ('[{"name": "a"}]', '[{"image":"b","name":"a"}]', True),
        ([{"port": 80}], [{"port": 80, "protocol": "http"}], False),
        ([{"port": 80}], [{"port": 81, "protocol": "http"}], True),
        (None, "computed", False),
        (Unknown(), "a", False),
        ("echo", "da39a3ee5e6b4b0d3255bfef95601890afd80709", False),
        (" ERROR\n", "ERROR", False),
        ("1e2", 100, False),
        ("1e2", 10, True),
        ('[{"cpu": 0, "name": "a"}]', '[{"name":"a"}]', False),
        ('[{"cpu": 0, "name": "a"}]', '[{"cpu":256,"name":"a"}]', True),
        ('[{"cpu": 256, "name": "a"}]', '[{"name":"a"}]', True),
        ([{"cpu": 0}, {"cpu": 1}], [{"cpu": 1}], False),
        ([{"name": "", "on": False}], [{"name": None}], False),
        (text(["Shop-", WORKSPACE, "-ExecutionRole."]), "Shop-Default-ExecutionRole", False),
        (text(["Shop-", WORKSPACE, "-ExecutionRole"]), "shop-default-task", True),
        (text(['{"Sid": "A", "Resource": "', WORKSPACE, '-b"}']), '{"Resource":"default-b","Sid":"A"}', False),
        (text(['{"Sid": "A", "Resource": "', WORKSPACE, '-b"}']), '{"Resource":"default-c","Sid":"A"}', True),
    ],
)
def test_values_differ_up_to_what_providers_do(evaluated: object, planned: object, expected: bool) -> None:
    assert is_other(evaluated, planned) is expected  # type: ignore[arg-type]


CHANGED = """
variable "size" {
  default = 2
}

resource "aws_sqs_queue" "a" {
  name = "a"
  tags = { a = "b" }
}

module "m" {
  source = "./m"
  name   = var.size
}

output "a" {
  value = aws_sqs_queue.a.id
}

provider "aws" {
  region = "eu-west-1"
}
"""
CONFIGURATION = {
    "provider_config": {"aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-west-1"}}}},
    "root_module": {
        "variables": {"size": {"default": 2}},
        "outputs": {"a": {"expression": {"references": ["aws_sqs_queue.a.id", "aws_sqs_queue.a"]}}},
        "resources": [
            {
                "address": "aws_sqs_queue.a",
                "mode": "managed",
                "type": "aws_sqs_queue",
                "name": "a",
                "expressions": {"name": {"constant_value": "a"}, "tags": {"constant_value": {"a": "b"}}},
            }
        ],
        "module_calls": {"m": {"source": "./m", "expressions": {"name": {"references": ["var.size"]}}, "module": {}}},
    },
}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "", []),
        ("= 2", "= 3", ["the default of var.size"]),
        ("  default = 2\n", "", ["the default of var.size"]),
        ('name = "a"', "name = var.size", ["aws_sqs_queue.a.name"]),
        ('name = "a"', 'name = "${"a"}"', []),
        ('"b"', '"c"', ["aws_sqs_queue.a.tags"]),
        ('  tags = { a = "b" }\n', "", ["aws_sqs_queue.a.tags"]),
        ('  name = "a"\n', '  name = "a"\n  count = 1\n', ["aws_sqs_queue.a.for_each"]),
        ('  name = "a"\n', '  name = "a"\n  fifo_queue = true\n', ["aws_sqs_queue.a.fifo_queue"]),
        ('  name = "a"\n', '  name = "a"\n  fifo_queue = null\n', []),
        ("= var.size", "= 1", ["module.m.name"]),
        ("queue.a.id", "queue.b.id", ["output.a"]),
        ("queue.a.id", "queue.a.arn", ["output.a"]),
        ("eu-west-1", "eu-west-2", ["provider.aws.region"]),
    ],
)
def test_each_part_of_the_configuration_is_compared(tmp_path: Path, old: str, new: str, expected: list[str]) -> None:
    (tmp_path / "main.tf").write_text(CHANGED.replace(old, new, 1) if old else CHANGED)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "main.tf").write_text('variable "name" {}\n')
    found = changed_since(from_directory(tmp_path), plan(configuration=CONFIGURATION))
    assert sorted(map(str, found)) == sorted(expected) or (expected and {*map(str, found)} >= {*expected})


@pytest.mark.parametrize(
    ("written", "differs"),
    [
        ("for_each = toset(var.names)", False),
        ('for_each = toset(concat(var.names, ["b"]))', False),  # the plan keeps the references only
        ("for_each = toset(var.others)", True),
        ("for_each = local.names", True),
        ("count = length(var.names)", True),
        ("", True),
    ],
)
def test_what_repeats_a_resource_is_compared(tmp_path: Path, written: str, *, differs: bool) -> None:
    (tmp_path / "main.tf").write_text(f'resource "aws_sqs_queue" "a" {{\n  {written}\n  name = "a"\n}}\n')
    resource = {
        "address": "aws_sqs_queue.a",
        "mode": "managed",
        "type": "aws_sqs_queue",
        "name": "a",
        "expressions": {"name": {"constant_value": "a"}},
        "for_each_expression": {"references": ["var.names"]},
    }
    configuration = {"root_module": {"resources": [resource]}}
    found = changed_since(from_directory(tmp_path), plan(configuration=configuration))
    assert [*map(str, found)] == (["aws_sqs_queue.a.for_each"] if differs else [])


@pytest.mark.parametrize(
    ("written", "differs"),
    [
        ("[local.a.x, local.b, local.a.x]", False),
        ('"${local.a.x}-${local.b}/${local.a.x}"', False),
        ("[local.a.x, local.b, local.b]", True),
        ("[local.b, local.a.x, local.a.x]", True),
        ("[local.a.x, local.b, local.a.y]", True),
        ('[local.a.x, local.b, local.a["x"]]', True),
        ("[local.a.x, local.b, local.a.x, local.b]", True),
    ],
)
@pytest.mark.parametrize("function", [[], ["provider::aws::arn_parse"]])  # as OpenTofu lists it
def test_references_are_compared_in_order(tmp_path: Path, written: str, function: list[str], *, differs: bool) -> None:
    (tmp_path / "main.tf").write_text(f'output "a" {{\n  value = {written}\n}}\n')
    listed = ["local.a.x", "local.a", "local.b", "local.a.x", "local.a", *function]
    configuration = {"root_module": {"outputs": {"a": {"expression": {"references": listed}}}}}
    found = changed_since(from_directory(tmp_path), plan(configuration=configuration))
    assert [*map(str, found)] == (["output.a"] if differs else [])


def test_the_region_of_the_plan_counts_where_the_provider_block_has_changed(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(CHANGED.replace("eu-west-1", "eu-west-2"))
    row = change("aws_sqs_queue.a", "create", after={"name": "a", "tags": {"a": "b"}})
    resolver = resolver_of(plan(row, configuration=CONFIGURATION), from_directory(tmp_path), None)
    assert resolver.surroundings(parse("aws_sqs_queue.a")).region == "eu-west-1"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("aws_s3_bucket.a[0].arn", ["aws_s3_bucket.a[0].arn"]),
        ('data.aws_x.y["k"].z + each.value.w.v', ['data.aws_x.y["k"].z', "each.value.w.v"]),
        ("[for k, v in var.a : v.b.c if local.c]", ["var.a", "local.c"]),
        ("{for k, v in var.a : local.k => v if local.c}", ["var.a", "local.k", "local.c"]),
        ("{ (var.k) = module.m.out[*].x, plain = var.k }", ["var.k", "module.m.out", "var.k"]),
        ('"${join(",", aws_x.y[*].id)}%{ for s in local.l }${s.n}%{ endfor }"', ["aws_x.y", "local.l"]),
        ("aws_x.y[each.key].id", ["aws_x.y", "each.key"]),
    ],
)
def test_references_are_listed_as_the_plan_does(tmp_path: Path, written: str, expected: list[str]) -> None:
    (tmp_path / "main.tf").write_text(f"locals {{\n  a = {written}\n}}\n")
    module = from_directory(tmp_path).module(())
    expression = module.local("a") if module else None
    assert expression is not None
    assert ordered_references(expression) == expected
    assert root_of('aws_s3_bucket.config["a.b"].arn') == "aws_s3_bucket.config"


def test_without_doubts_nothing_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(SOURCES)
    assert (
        Resolver(plan_with_bucket("dev-files"), from_directory(tmp_path)).names.local(ModulePath(), "stage") == "prod"
    )


CERTIFICATE = """
locals {
  domain = "example.com"
  other  = "www.example.com"
}

resource "aws_acm_certificate" "c" {
  domain_name               = local.domain
  subject_alternative_names = [local.other]
}
"""


@pytest.mark.parametrize(
    ("planned", "differs"),
    [
        (["example.com", "www.example.com"], False),
        (["www.example.com"], False),
        (["example.com", "shop.example.com", "www.example.com"], True),
        (["example.com"], True),
    ],
)
def test_what_the_provider_adds_from_another_argument_is_not_a_difference(
    planned: list[str], differs: bool, tmp_path: Path
) -> None:
    (tmp_path / "main.tf").write_text(CERTIFICATE)
    after = {"domain_name": "example.com", "subject_alternative_names": planned}
    certificate = plan(change("aws_acm_certificate.c", "create", after=after))
    found = resolver_of(certificate, from_directory(tmp_path), None).contradictions
    assert any(SAID in each for each in found) == differs


_ARGUMENTS = Case(TESTDATA / "blocks-as-arguments")


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        ("to_port     = 443", "to_port     = 444", "aws_security_group.balancer.ingress"),
        ('from_port   = "443"', "from_port   = 443", ""),
        (
            'from_port   = 0\n    to_port     = 0\n    protocol    = "-1"\n    cidr',
            'from_port   = 1\n    to_port     = 0\n    protocol    = "-1"\n    cidr',
            "aws_security_group.web.egress",
        ),
        (
            'cidr_blocks = ["0.0.0.0/0"]\n  }\n}',
            'cidr_blocks = ["10.0.0.0/8"]\n  }\n}',
            "aws_security_group.web.egress",
        ),
        (
            "[aws_security_group.balancer.id]",
            "[aws_vpc.main.default_security_group_id]",
            "aws_security_group.web.ingress",
        ),
        ('  route {\n    ipv6_cidr_block = "::/0"\n    gateway_id      = aws_internet_gateway.main.id\n  }\n', "", ""),
        (
            "  egress {\n",
            '  egress {\n    from_port = 1\n    to_port   = 1\n    protocol  = "tcp"\n  }\n\n  egress {\n',
            "aws_security_group.web.egress",
        ),
    ],
)
def test_blocks_that_are_elements_of_an_argument_are_compared(old: str, new: str, differs: str) -> None:
    made = _ARGUMENTS.plan()
    sources = _ARGUMENTS.sources(made)
    (file,) = sources.module(()).files  # type: ignore[union-attr]
    assert old in file.source.text
    text = file.source.text.replace(old, new)
    found = [str(each) for each in changed_since(ChangedSources(sources, {file.source.name: text}), made)]
    assert found == ([differs] if differs else [])


REPEATED = """
locals {
  files = [FILES]
  found = fileset("${path.module}/env", "*.env")
}

resource "aws_s3_bucket" "b" {
  bucket = "files"
}

resource "aws_s3_object" "o" {
  for_each = toset(OBJECTS)
  bucket   = "files"
  key      = each.value
}

resource "aws_ssm_parameter" "counted" {
  count = length(OBJECTS)
  name  = "counted-${count.index}"
}

resource "aws_ssm_parameter" "place" {
  name  = "place"
  value = "${aws_s3_bucket.b.arn}/${join(",", OBJECTS)}"
}
"""


@pytest.mark.parametrize("objects", ["local.files", "local.found"])
@pytest.mark.parametrize("files", [["a.env"], ["a.env", "b.env"], []])
def test_keys_of_instances_are_compared(tmp_path: Path, objects: str, files: list[str]) -> None:
    (tmp_path / "env").mkdir()
    for file in files:
        (tmp_path / "env" / file).touch()
    written = REPEATED.replace("FILES", ", ".join(f'"{file}"' for file in files)).replace("OBJECTS", objects)
    (tmp_path / "main.tf").write_text(written)
    made = plan(
        change("aws_s3_bucket.b", "create", after={"bucket": "files"}, after_unknown={"arn": True}),
        change('aws_s3_object.o["a.env"]', "create", name="o", index="a.env", after={"bucket": "files"}),
        change('aws_s3_object.o["b.env"]', "delete", name="o", index="b.env", before={"bucket": "files"}),
        change("aws_ssm_parameter.counted[0]", "create", name="counted", index=0, after={"name": "counted-0"}),
        change("aws_ssm_parameter.place", "create", after={"name": "place"}, after_unknown={"value": True}),
    )
    resolver = resolver_of(made, from_directory(tmp_path), None)
    place = resolver.attribute(parse("aws_ssm_parameter.place"), "value")
    if files == ["a.env"]:
        assert resolver.contradictions == []
        assert isinstance(place, Text)
    else:
        (said,) = resolver.contradictions
        assert "aws_s3_object.o.for_each, aws_ssm_parameter.counted.count differ." in said
        assert not isinstance(place, Text) or "a.env" not in str(place.pieces)


def test_a_first_plan_of_some_keys_is_not_said_to_be_of_other_sources(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_sqs_queue" "q" {\n  for_each = toset(["a", "b"])\n}\n')
    sources, row = from_directory(tmp_path), change('aws_sqs_queue.q["a"]', "create", name="q", index="a", after={})
    (said,) = resolver_of(plan(row, complete=None), sources, None).contradictions
    assert said.startswith("the plan lacks instances")
    assert "aws_sqs_queue.q.for_each. It was made with `-target`, or" in said
    other = change('aws_sqs_queue.q["c"]', "create", name="q", index="c", after={})
    for made in (plan(row), plan(row, other, complete=None)):
        (said,) = resolver_of(made, sources, None).contradictions
        assert SAID in said


CALLED = """
locals {
  names = [NAMES]
}

module "team" {
  source   = "./team"
  for_each = toset(local.names)
  name     = each.key
}

resource "aws_ssm_parameter" "place" {
  name  = "place"
  value = join(",", local.names)
}
"""
IN_TEAM = 'variable "name" {}\n\nresource "aws_sqs_queue" "q" {\n  REPEATED\n  name = var.name\n}\n'


@every_row(
    ("names", "repeated", "differs"),
    [
        (["a"], "", False),
        (["a"], "count = 1", False),
        (["a", "b"], "", True),
        (["a", "b"], 'count = var.name == "a" ? 1 : 0', False),  # b may have none
        (["a", "b"], 'lifecycle { enabled = var.name == "a" }', False),
        (["b"], "count = 1", True),
        ([], "count = 1", True),
    ],
)
def test_keys_of_module_calls_are_compared(tmp_path: Path, names: list[str], repeated: str, differs: bool) -> None:
    written = CALLED.replace("NAMES", ", ".join(f'"{name}"' for name in names))
    (tmp_path / "main.tf").write_text(written)
    (tmp_path / "team").mkdir(exist_ok=True)
    (tmp_path / "team" / "main.tf").write_text(IN_TEAM.replace("REPEATED", repeated))
    counted = repeated.startswith("count")
    address, more = 'module.team["a"].aws_sqs_queue.q', {"index": 0} if counted else {}
    call = {"source": "./team", "expressions": {"name": {"references": ["each.key"]}}}
    call["for_each_expression"] = {"references": ["local.names"]}
    counted_by = {"references": ["var.name"]} if "var" in repeated else {"constant_value": 1}
    queue = {
        "address": "aws_sqs_queue.q",
        "mode": "managed",
        "type": "aws_sqs_queue",
        "name": "q",
        "expressions": {"name": {"references": ["var.name"]}},
        **({"count_expression": counted_by} if counted else {}),
    }
    module = {"resources": [queue], "variables": {"name": {}}}
    row = change(
        address + ("[0]" if counted else ""), "create", name="q", module_address='module.team["a"]', after={"name": "a"}
    )
    made = plan(
        row | {"type": "aws_sqs_queue"} | more,
        change("aws_ssm_parameter.place", "create", after={"name": "place"}, after_unknown={"value": True}),
        configuration={"root_module": {"module_calls": {"team": {**call, "module": module}}}},
    )
    resolver = resolver_of(made, from_directory(tmp_path), None)
    said = "".join(resolver.contradictions)
    assert ("module.team.for_each differ" in said) == (SAID in said) == differs
    place = resolver.attribute(parse("aws_ssm_parameter.place"), "value")
    assert isinstance(place, Unknown) == differs
