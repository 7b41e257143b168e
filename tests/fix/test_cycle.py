from __future__ import annotations

from pathlib import Path

import pytest

from tfcheck.fix.proof.cycle import Dependencies
from tfcheck.hcl.modules import Sources, from_directory

KEY = 'resource "aws_kms_key" "k" {\n  policy = aws_iam_role.r.arn\n}\n'
BOUNDARY = 'resource "aws_iam_policy" "b" {\n  policy = aws_kms_key.k.arn\n}\n'
ROLE = 'resource "aws_iam_role" "r" {\n  permissions_boundary = aws_iam_policy.b.arn\n}\n'
MODULES = {
    "service/main.tf": """
        resource "aws_iam_policy" "b" {
          policy = var.key
        }
        resource "aws_iam_role" "r" {
          permissions_boundary = aws_iam_policy.b.arn
        }
        resource "aws_sns_topic" "t" {
          name = var.name
        }
        output "role" {
          value = aws_iam_role.r.arn
        }
        output "topic" {
          value = aws_sns_topic.t.arn
        }
    """,
    "key/main.tf": """
        resource "aws_kms_key" "k" {
          policy = local.policy
        }
        locals {
          policy = var.role
        }
        output "arn" {
          value = aws_kms_key.k.arn
        }
    """,
}


PATHS = [(), ("service",), ("key",)]


def sources(folder: Path, root: str) -> Sources:
    for name, text in {**MODULES, "main.tf": root}.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).write_text(text)
    found = from_directory(folder)
    assert found is not None
    return found


def makes_circles(folder: Path, before: str, after: str) -> bool:
    return Dependencies(sources(folder / "before", before), PATHS).makes_circles(sources(folder / "after", after))


def test_what_depends_on_a_block_is_found_through_long_chains(tmp_path: Path) -> None:
    lines = "\n".join(f"  x{number} = local.x{number - 1}" for number in range(1, 3_000))
    text = f"locals {{\n  x0 = aws_iam_role.r.arn\n{lines}\n}}\n"
    dependencies = Dependencies(sources(tmp_path, text), PATHS)

    assert all(dependencies.reaches((), f"local.x{number}", "aws_iam_role.r") for number in range(3_000))
    assert not dependencies.reaches((), "local.other", "aws_iam_role.r")
    assert dependencies.reaches((), "local.other", "local.other")


def test_a_circle_that_only_several_changes_close_is_found(tmp_path: Path) -> None:
    through = (
        'module "m" {\n  arn = aws_sns_topic.t.arn\n}\nresource "aws_sns_topic" "t" {\n  name = module.m.name\n}\n'
    )
    assert not makes_circles(tmp_path, KEY, KEY + ROLE + through)
    assert makes_circles(tmp_path, KEY, KEY + BOUNDARY + ROLE)
    assert not makes_circles(tmp_path, KEY + BOUNDARY + ROLE, KEY + BOUNDARY + ROLE + through)
    # What a module of which nothing is known does with its inputs is open, so that a reference to it is not written.
    dependencies = Dependencies(sources(tmp_path, through), PATHS)
    assert dependencies.reaches((), "module.m", "aws_sns_topic.t")


CALLS = 'module "service" {{\n  source = "./service"\n  {}\n}}\nmodule "key" {{\n  source = "./key"\n  {}\n}}\n'
NOTHING = CALLS.format("", "")


@pytest.mark.parametrize(
    ("service", "key"),
    [
        ("key = module.key.arn", "role = module.service.role"),
        ("key = module.key[*].arn", 'role = module.service["a"].role'),
        ("count = length(module.key.arn)", "role = module.service"),
    ],
)
def test_a_circle_through_inputs_and_outputs_of_modules_is_found(tmp_path: Path, service: str, key: str) -> None:
    assert makes_circles(tmp_path, NOTHING, CALLS.format(service, key))


def test_modules_that_pass_to_each_other_do_not_make_a_circle(tmp_path: Path) -> None:
    assert not makes_circles(tmp_path, NOTHING, CALLS.format("name = module.key.arn", "role = module.service.role"))
    assert not makes_circles(tmp_path, NOTHING, CALLS.format("key = module.key.arn", "role = module.service.topic"))
