"""To which instance of a provider configuration with `for_each` does a resource belong?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.plan.made import change, plan
from tfcheck.hcl.modules import from_directory
from tfcheck.plan import load
from tfcheck.resolve import Resolver
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Value
from tfcheck.vocabulary.address import parse

CASE = Path(__file__).parents[2] / "testdata" / "provider-for-each"
TASK = 'module.svc["us"].aws_ecs_task_definition.app'
GROUP = 'aws_cloudwatch_log_group.web["us"]'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(CASE, tmp_path / "case")
    return tmp_path / "case"


def resolver(folder: Path, *, sources: bool = True) -> Resolver:
    (loaded,) = load(folder / "plan.json").plans
    return Resolver(loaded, from_directory(folder) if sources else None)


def region(folder: Path, address: str) -> Value:
    return resolver(folder).surroundings(parse(address)).region


def replaced(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("address", [TASK, GROUP])
def test_its_key_is_written_at_the_resource_or_at_the_call_of_its_module(folder: Path, address: str) -> None:
    assert region(folder, address) == "us-east-1"
    assert region(folder, address.replace('"us"', '"eu"')) == "eu-west-1"


def test_modules_hand_it_on(tmp_path: Path) -> None:
    files = {
        "main.tofu": """
            provider "aws" {
              alias    = "by"
              for_each = { us = "us-east-1", eu = "eu-west-1" }
              region   = each.value
            }
            module "svc" {
              source    = "./svc"
              providers = { aws.there = aws.by["us"], aws = aws.by["eu"] }
            }""",
        "svc/main.tofu": """
            module "a" {
              source    = "./a"
              providers = { aws = aws.there }
            }
            module "b" {
              source = "./a"
            }""",
        "svc/a/main.tofu": 'resource "aws_sqs_queue" "q" {}',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    queue = {"address": "aws_sqs_queue.q", "mode": "managed", "type": "aws_sqs_queue", "name": "q"}
    inner = {"resources": [queue | {"provider_config_key": "aws.by"}]}
    calls = {name: {"module": inner, "source": "./a"} for name in ("a", "b")}
    config = {
        "provider_config": {
            "aws.by": {"name": "aws", "alias": "by", "expressions": {"region": {"references": ["each.value"]}}}
        },
        "root_module": {"module_calls": {"svc": {"source": "./svc", "module": {"module_calls": calls}}}},
    }
    addresses = [f"module.svc.module.{name}.aws_sqs_queue.q" for name in calls]
    made = plan(*(change(each, "create", after={"name": "q"}) for each in addresses), configuration=config)
    known = Resolver(made, from_directory(tmp_path))

    assert [known.surroundings(parse(each)).region for each in addresses] == ["us-east-1", "eu-west-1"]


@pytest.mark.parametrize("instead", ["provider = aws.by[var.where]", "provider = aws.to[each.key]", ""])
def test_it_is_unknown_where_the_sources_do_not_show_it(folder: Path, instead: str) -> None:
    written = '  name     = "/ecs/web"'
    replaced(folder / "main.tofu", f"  provider = aws.by[each.key]\n{written}", f"  {instead}\n{written}")

    assert not isinstance(region(folder, GROUP), str)


def test_without_sources_two_resources_may_be_in_different_places(folder: Path) -> None:
    known = resolver(folder, sources=False)
    ours, theirs = (known.surroundings(parse(GROUP.replace("us", each))) for each in ("us", "eu"))

    assert equal(ours.region, theirs.region) is Truth.UNKNOWN
    assert ours.account == theirs.account == "123456789012"
