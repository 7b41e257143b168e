from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import tries
from tests.report.test_causes import of
from tfcheck.cli.show import matching_addresses
from tfcheck.report.cause_text import Detail, instances
from tfcheck.report.causes import causes
from tfcheck.report.instance_names import all_keys, block, blocks, common_name, is_named, keys, skipped_blocks
from tfcheck.report.markdown.rows import blocks_with_keys
from tfcheck.vocabulary.finding import Skipped

#: Instances of a module that creates its task definition with `count = var.create ? 1 : 0`.
CALLED = [f'module.service["{key}"].aws_ecs_task_definition.this[0]' for key in ("api", "jobs")]
NAME = "module.service[*].aws_ecs_task_definition.this[0]"


def test_a_key_that_all_instances_have_is_named() -> None:
    assert (block(CALLED[0]), common_name(CALLED)) == ("module.service[*].aws_ecs_task_definition.this[*]", NAME)
    assert blocks([*CALLED, "aws_ecs_task_definition.a[0]"]) == (NAME, "aws_ecs_task_definition.a[0]")
    assert keys(CALLED) == {CALLED[0]: ("api",), CALLED[1]: ("jobs",)}
    assert instances(CALLED, Detail(100)) == "api, jobs"
    assert blocks_with_keys(CALLED, 3) == f"`{NAME}` (`api`, `jobs`)"


def test_what_all_instances_share_has_no_key_of_theirs() -> None:
    findings = [
        of(
            each,
            each.replace("ecs_task_definition.this", "iam_role.exec"),
            ("s3:GetObject", f"${{module.bucket.aws_s3_bucket.this[0].arn}}/{key}/0/a.env"),
        )
        for each, (key,) in keys(CALLED).items()
    ]
    ((group,),) = (each.groups for each in causes(findings))
    assert (group.shown, group.role) == ((NAME,), "module.service[*].aws_iam_role.exec[0]")
    (need,) = group.needs
    assert need.resource == "${module.bucket.aws_s3_bucket.this[0].arn}/${each.key}/0/a.env"


def test_skipped_instances_are_merged_under_their_common_name() -> None:
    skipped = [Skipped(each, f"its role of {key} is 0") for each, (key,) in keys(CALLED).items()]
    assert skipped_blocks(skipped) == [(Skipped(NAME, "its role of ${each.key} is 0"), 2)]


@pytest.mark.parametrize("name", [NAME, block(NAME), "service"])
def test_a_shown_name_can_be_asked_for(name: str) -> None:
    assert matching_addresses(name, [*CALLED, "module.other.aws_ecs_task_definition.this[0]"]) == set(CALLED)


KEY = st.one_of(st.integers(-1, 2).map(str), st.sampled_from(["a", "a]", "[*]", r"\"", "x.y"]).map('"{}"'.format))


@given(st.lists(st.tuples(KEY, KEY), min_size=1, max_size=4, unique=True))
@tries(60)
def test_the_common_name_is_that_of_every_instance_and_its_keys_distinguish_them(pairs: list[tuple[str, str]]) -> None:
    several = [f"module.m[{one}].aws_iam_role.r[{other}]" for one, other in pairs]
    name = common_name(several)
    assert all(is_named(each, name) for each in several)
    assert len({*keys(several).values()}) == len(several)
    assert all(len(all_keys(each)) == 2 for each in several)


def test_keys_are_folded_without_a_pattern_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    skipped = [Skipped(f"aws_ecs_task_definition.x[{each}]", f"reason {each}") for each in range(600)]
    assert skipped_blocks(skipped[:2]) == [(Skipped("aws_ecs_task_definition.x[*]", "reason ${count.index}"), 2)]
    monkeypatch.setattr("re._compiler.compile", lambda *_: pytest.fail("a pattern was compiled"))
    assert skipped_blocks(skipped) == [(Skipped("aws_ecs_task_definition.x[*]", "reason ${count.index}"), 600)]
