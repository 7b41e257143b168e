"""Attributes of real plans: from the plan, from the sources, from the configuration, or open for a reason."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, cast

import pytest

from tests.cases import TESTDATA, Case
from tests.plan.made import change, plan
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.hcl.evaluate.elements import element
from tfcheck.hcl.evaluate.types import equal_values, is_definitely_text
from tfcheck.hcl.modules import find, from_directory
from tfcheck.plan import Instance
from tfcheck.resolve import Resolver
from tfcheck.resolve.evaluation import evaluate_all
from tfcheck.symbolic.choices import is_choice, possible_items
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.value import JsonText, Set, Text, TextLike, Truth, Unknown, Value, display, spelled_out
from tfcheck.vocabulary.address import Address, ModulePath, parse


def resolver(name: str, plan: str = "plan.json", *, sources: bool = True) -> Resolver:
    case = Case(TESTDATA / name)
    loaded = case.plan(plan)
    return Resolver(loaded, case.sources(loaded, plan) if sources else None)


def value(name: str, reference: str, *, sources: bool = True) -> Value:
    address, _, attribute = reference.rpartition(".")
    return resolver(name, sources=sources).attribute(parse(address), attribute)


def test_the_plan_is_asked_first() -> None:
    assert value("literal-granted", "aws_ecs_task_definition.orders.family") == "orders"


def test_an_arn_of_a_known_name_is_derived_and_keeps_its_symbol() -> None:
    arn = value("literal-missing", "aws_ecs_task_definition.orders.execution_role_arn")
    assert isinstance(arn, Unknown)
    assert arn.symbol == symbol("aws_iam_role.execution", ("arn",))
    spelled = spelled_out(arn)
    assert isinstance(spelled, Text)
    assert spelled.pieces[0] == "arn:aws:iam::"
    assert spelled.pieces[-1] == ":role/orders-execution"


def test_the_id_of_a_secret_version_is_not_an_arn_and_that_of_its_rotation_is() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
    row = change("aws_secretsmanager_secret_version.db", "create", after={"secret_id": arn}, after_unknown={"id": True})
    found = Resolver(plan(row)).attribute(parse("aws_secretsmanager_secret_version.db"), "id")
    spelled = spelled_out(found) if isinstance(found, Unknown) else None
    assert isinstance(spelled, Text)
    assert spelled.pieces[0] == f"{arn}|"
    row = change("aws_secretsmanager_secret_rotation.r", "create", after={"secret_id": arn}, after_unknown={"id": True})
    found = Resolver(plan(row)).attribute(parse("aws_secretsmanager_secret_rotation.r"), "id")
    assert isinstance(found, Unknown)
    assert spelled_out(found) == arn


def test_a_given_value_is_what_refers_to_it() -> None:
    case, arn = Case(TESTDATA / "literal-missing"), "arn:aws:iam::111122223333:role/given"
    given: dict[tuple[Address, str], Value] = {(parse("aws_iam_role.execution"), "arn"): arn}
    loaded = case.plan("plan.json")
    found = Resolver(loaded, case.sources(loaded, "plan.json"), given=given)
    assert found.attribute(parse("aws_ecs_task_definition.orders"), "execution_role_arn") == arn


def test_what_only_the_sources_know_is_open_without_them_and_says_so() -> None:
    containers = value("new-bucket-jsonencode", _task("new-bucket-jsonencode"), sources=False)
    assert isinstance(containers, Unknown)
    assert (
        containers.reason
        == "the plan only shows that it depends on aws_s3_bucket.config.arn, aws_s3_object.env.key: pass the sources"
    )


def test_one_reference_is_not_a_value_without_the_sources() -> None:
    task = 'module.service["api"].aws_ecs_task_definition.this.execution_role_arn'
    arn = value("modules-passing-arns", task, sources=False)
    assert isinstance(arn, Unknown)
    assert str(arn.symbol) == task
    assert arn.reason == "the plan only shows that it depends on var.execution_role_arn: pass the sources"


def test_a_module_that_is_not_at_hand_is_named(tmp_path: Path) -> None:
    case = Case(TESTDATA / "modules-passing-arns")
    shutil.copy(case.folder / "main.tf", tmp_path)
    loaded = case.plan("plan.json")
    sources = find(tmp_path, tmp_path / "plan.json", loaded.configuration).sources
    assert sources is not None
    arn = Resolver(loaded, sources).attribute(
        parse('module.service["api"].aws_ecs_task_definition.this'), "execution_role_arn"
    )
    assert isinstance(arn, Unknown)
    assert arn.reason.endswith('depends on var.execution_role_arn: pass the sources of module.service["api"]')


OLD = "arn:aws:iam::111122223333:role/old"


@every_row(
    ("was", "name", "confirmed"),
    [
        (OLD, "old", True),
        (OLD, "new", False),  # `replace(aws_iam_role.r.arn, "new", "other")` was the same, too
        ("arn:aws:iam::111122223333:role/other", "old", False),
        (None, "old", False),
    ],
)
def test_the_state_before_confirms_a_reference_to_what_does_not_change(
    was: str | None, name: str, confirmed: bool
) -> None:
    task = {"family": "t", "execution_role_arn": was}
    role = {"name": "old", "path": "/", "arn": OLD}
    unknown: Any = {"after_unknown": {"execution_role_arn": True}}
    rows = [
        change("aws_ecs_task_definition.t", "delete", "create", before=task, after={"family": "t"}, **unknown),
        change(
            "aws_iam_role.r",
            "delete",
            "create",
            before=role,
            after={"name": name, "path": "/"},
            after_unknown={"arn": True},
        ),
    ]
    written = {"execution_role_arn": {"references": ["aws_iam_role.r.arn", "aws_iam_role.r"]}}
    resources = [
        {"address": f"{kind}.{label}", "mode": "managed", "type": kind, "name": label, "expressions": expressions}
        for kind, label, expressions in (("aws_ecs_task_definition", "t", written), ("aws_iam_role", "r", {}))
    ]
    made = plan(*rows, configuration={"root_module": {"resources": resources}})
    found = Resolver(made).attribute(parse("aws_ecs_task_definition.t"), "execution_role_arn")
    assert isinstance(found, Unknown)
    assert (str(found.symbol) == "aws_iam_role.r.arn") is confirmed


def test_a_deferred_document_is_rebuilt_with_its_references() -> None:
    text = value("new-bucket-policy-document", "data.aws_iam_policy_document.execution.json")
    statements = text.value["Statement"]  # type: ignore[union-attr, index, call-overload]
    first = statements[0]  # type: ignore[index]
    assert first["Sid"] == "ReadEnvFiles"  # type: ignore[index, call-overload]
    resources = first["Resource"]  # type: ignore[index, call-overload]
    assert sorted(map(display, resources)) == [  # type: ignore[arg-type]
        "${aws_s3_bucket.config.arn}/common.env",
        "${aws_s3_bucket.config.arn}/worker.env",
    ]


def test_a_resource_with_count_zero_is_an_empty_list() -> None:
    found = resolver("count-gated-grant", sources=False)
    assert found.plan.instances("aws_iam_policy") == []
    config = found.plan.configuration
    assert config is not None
    name = next(name for name in config.resources if name.startswith("aws_iam_policy."))
    seen = found.resource(parse(f"{name}[0]").module, "managed", "aws_iam_policy", name.partition(".")[2])
    assert evaluate_all(seen) == []


def test_a_reference_that_leads_back_to_itself_is_open(tmp_path: Path) -> None:
    from tfcheck.hcl.modules import from_directory

    (tmp_path / "main.tf").write_text("locals {\n  a = local.b\n  b = local.a\n}\n")
    plan = Case(TESTDATA / "literal-missing").plan()
    found = Resolver(plan, from_directory(tmp_path)).names.local(parse("a.b").module, "a")
    assert isinstance(found, Unknown)
    assert "itself" in found.reason


def test_a_null_has_the_type_that_its_variable_declares(tmp_path: Path) -> None:
    from tfcheck.hcl.modules import from_directory

    (tmp_path / "main.tf").write_text("""
variable "names" {
  type    = set(string)
  default = null
}
variable "untyped" {
  default = null
}
locals {
  chosen  = var.names == null ? ["q", "b"] : var.names
  first   = coalesce(var.names, ["q", "b"])
  untyped = coalesce(var.untyped, ["q", "b"])
}
""")
    asked = Resolver(plan(), from_directory(tmp_path)).names
    found = {name: asked.local(parse("a.b").module, name) for name in ("chosen", "first", "untyped")}
    assert found == {"chosen": Set(("b", "q")), "first": Set(("b", "q")), "untyped": ["q", "b"]}


def test_values_that_are_unknown_equal_themselves() -> None:
    found = resolver("literal-missing", sources=False)
    root = parse("a.b").module
    assert found.names.local(root, "x") == found.names.local(root, "x")
    assert found.names.local(root, "x") != found.names.local(root, "y")


def _task(name: str) -> str:
    plan = Case(TESTDATA / name).plan()
    return f"{plan.instances('aws_ecs_task_definition')[0].address}.container_definitions"


def test_the_instances_of_a_resource_are_listed_once_however_many_ask(tmp_path: Path) -> None:
    from tfcheck.hcl.modules import from_directory

    (tmp_path / "main.tf").write_text("""
resource "aws_iam_role" "web" {}
resource "aws_ecs_task_definition" "web" {
  execution_role_arn = aws_iam_role.web[each.key].arn
}
""")
    count = 40
    rows = [
        change(
            f'aws_ecs_task_definition.web["{key}"]',
            "create",
            index=str(key),
            name="web",
            after={"family": f"web-{key}"},
            after_unknown={"execution_role_arn": True},
        )
        for key in range(count)
    ]
    rows += [
        change(f'aws_iam_role.web["{key}"]', "create", index=str(key), name="web", after={"name": f"web-{key}"})
        for key in range(count)
    ]
    made = plan(*rows)
    asked = Resolver(made, from_directory(tmp_path))
    listed = 0
    siblings = made.siblings

    def counted(module: ModulePath, mode: str, kind: str, name: str) -> list[Instance]:
        nonlocal listed
        listed += 1
        return siblings(module, mode, kind, name)

    made.siblings = counted  # type: ignore[method-assign]
    for key in range(count):
        found = asked.attribute(parse(f'aws_ecs_task_definition.web["{key}"]'), "execution_role_arn")
        assert isinstance(found, Unknown)
        assert str(found.symbol) == f'aws_iam_role.web["{key}"].arn'
    assert listed == 1


@every_row(
    ("provider", "after", "tags"),
    [
        ({}, {"tags": None}, {}),
        ({}, {"tags": {}}, {}),
        ({"default_tags": [{"tags": {"constant_value": {"team": "shop"}}}]}, {"tags": None}, {}),
        ({"default_tags": [{"tags": {"references": ["var.tags", "local.more"]}}]}, {"tags": None}, None),
        ({"ignore_tags": [{"keys": {"constant_value": ["team"]}}]}, {"tags": None}, None),
        ({}, {"tags": {"team": "shop"}}, None),
        ({}, {}, {}),
    ],
)
def test_all_tags_are_open_in_a_plan_where_there_are_none(
    provider: dict[str, Any], after: dict[str, Any], tags: Value
) -> None:
    """With default tags that are known the plan would know what they come to."""
    row = change("aws_ecr_repository.r", "create", after=after, after_unknown={"tags_all": True})
    declared = {"address": "aws_ecr_repository.r", "mode": "managed", "type": "aws_ecr_repository", "name": "r"}
    configuration = {
        "provider_config": {"aws": {"name": "aws", "expressions": provider}},
        "root_module": {"resources": [declared | {"provider_config_key": "aws", "expressions": {}}]},
    }
    found = Resolver(plan(row, configuration=configuration)).attribute(parse("aws_ecr_repository.r"), "tags_all")
    assert found == tags if tags is not None else isinstance(found, Unknown)


@every_row(
    ("shown", "provider", "derived"),
    [
        ({"team": "shop"}, {"default_tags": [{"tags": {"constant_value": {"team": "shop"}}}]}, True),
        ({}, {}, True),
        (None, {"default_tags": [{"tags": {"constant_value": {"team": "shop"}}}]}, False),
        ({"team": "shop"}, {}, False),  # the environment adds tags as well
        ({"team": "shop"}, {"default_tags": [{"tags": {"references": ["var.tags"]}}]}, False),
        ({}, {"ignore_tags": [{"keys": {"constant_value": ["team"]}}]}, False),
    ],
)
def test_all_tags_are_the_own_and_the_default_ones_where_one_is_known_late(
    shown: dict[str, Any] | None, provider: dict[str, Any], derived: bool
) -> None:
    role = "aws_iam_role.r"
    late = change(
        "aws_ecr_repository.r",
        "create",
        after={"tags": {"stage": "prod"}},
        after_unknown={"tags": {"owner": True}, "tags_all": True},
    )
    other = change(role, "create", after={"tags": None, "tags_all": shown})
    declared = [
        {"address": each, "mode": "managed", "type": each.split(".")[0], "name": "r", "provider_config_key": "aws"}
        for each in ("aws_ecr_repository.r", role)
    ]
    configuration = {
        "provider_config": {"aws": {"name": "aws", "expressions": provider}},
        "root_module": {"resources": [each | {"expressions": {}} for each in declared]},
    }
    made = plan(late, other, configuration=configuration)
    found = Resolver(made).attribute(parse("aws_ecr_repository.r"), "tags_all")
    if derived:
        assert isinstance(found, dict)
        assert {key: each for key, each in found.items() if key != "owner"} == {**(shown or {}), "stage": "prod"}
        assert isinstance(found["owner"], Unknown)
    else:
        assert isinstance(found, Unknown)


@pytest.mark.parametrize("named", ["key_id", "id", "arn"])
def test_an_alias_has_the_arn_of_its_key(named: str, tmp_path: Path) -> None:
    from tfcheck.hcl.modules import from_directory

    rows = [
        change("aws_kms_key.k", "create", after={}, after_unknown={"arn": True, "key_id": True, "id": True}),
        change("aws_kms_alias.a", "create", after={"name": "alias/a"}, after_unknown={"target_key_id": True}),
    ]
    alias = f'resource "aws_kms_alias" "a" {{\n  target_key_id = aws_kms_key.k.{named}\n}}\n'
    (tmp_path / "main.tf").write_text(f'resource "aws_kms_key" "k" {{}}\n{alias}')
    asked = Resolver(plan(*rows), from_directory(tmp_path))
    found = asked.attribute(parse("aws_kms_alias.a"), "target_key_arn")
    assert equal(found, asked.attribute(parse("aws_kms_key.k"), "arn")) is Truth.TRUE


def test_the_id_of_a_new_role_begins_as_aws_documents_it() -> None:
    row = change("aws_iam_role.r", "create", after={"name": "r"}, after_unknown={"unique_id": True})
    found = Resolver(plan(row)).attribute(parse("aws_iam_role.r"), "unique_id")
    assert isinstance(found, TextLike)
    assert glob("AIDA*", found) is Truth.FALSE
    assert glob("AROA*", found) is Truth.TRUE


@pytest.mark.parametrize("attribute", ["listener_endpoint", "endpoint", "monitoring_role_arn"])
def test_a_computed_attribute_of_any_type_may_be_anything(attribute: str) -> None:
    """A list that is known only after apply has elements, and the ARN of what there need not be may be empty."""
    row = change("aws_db_instance.d", "create", after={}, after_unknown={attribute: True})
    found = Resolver(plan(row)).attribute(parse("aws_db_instance.d"), attribute)
    assert isinstance(found, Unknown)
    assert not is_definitely_text(found)
    if attribute.endswith("_arn"):
        assert equal(found, "") is Truth.UNKNOWN
        assert equal_values(found, None) is Truth.UNKNOWN
    else:
        assert isinstance(element(found, 0), Unknown)


@pytest.mark.parametrize("named", ["random_integer.n.result", "aws_ecs_task_definition.t.revision"])
def test_a_number_that_is_not_known_may_equal_another_one(named: str) -> None:
    address, _, attribute = named.rpartition(".")
    found = Resolver(plan(change(address, "create", after={}, after_unknown={attribute: True}))).attribute(
        parse(address), attribute
    )
    assert equal_values(found, 2) is Truth.UNKNOWN
    assert equal_values(found, "two") is Truth.FALSE


ONE_KEY = "11111111-2222-3333-4444-555555555555"


def test_only_what_is_created_where_nothing_was_gets_something_new() -> None:
    """A replacement may turn out to keep what it had, and what is looked up was there before."""
    later = {"arn": True, "key_id": True, "id": True}
    known = {"arn": f"arn:aws:kms:eu-west-1:111122223333:key/{ONE_KEY}", "key_id": ONE_KEY, "id": ONE_KEY}
    rows = [
        change("aws_kms_key.new", "create", after={}, after_unknown=later),
        change("aws_kms_key.again", "delete", "create", before=known, after={}, after_unknown=later),
        change("data.aws_kms_key.other", "read", after={}, after_unknown=later),
    ]
    found = Resolver(plan(*rows))
    literal = "arn:aws:kms:eu-west-1:111122223333:key/22222222-3333-4444-5555-666666666666"
    same = [equal(found.attribute(parse(row["address"]), "arn"), literal) for row in rows]
    assert same == [Truth.FALSE, Truth.UNKNOWN, Truth.UNKNOWN]


def test_a_name_that_the_provider_generates_is_none_that_exists() -> None:
    prefix, later = {"name_prefix": "web-"}, {"name": True}
    known = {"name": "web-20260101120000000100000001", "name_prefix": "web-"}
    written = {"name_prefix": {"constant_value": "web-"}}
    resources = [
        {
            "address": f"aws_iam_role.{each}",
            "mode": "managed",
            "type": "aws_iam_role",
            "name": each,
            "expressions": written,
        }
        for each in ("new", "old")
    ]
    rows = [
        change("aws_iam_role.new", "create", after=prefix, after_unknown=later),
        change("aws_iam_role.old", "update", before=known, after=prefix, after_unknown=later),
    ]
    found = Resolver(plan(*rows, configuration={"root_module": {"resources": resources}}))
    same = [equal(found.attribute(parse(f"aws_iam_role.{each}"), "name"), known["name"]) for each in ("new", "old")]
    assert same == [Truth.FALSE, Truth.UNKNOWN]


def in_region(region: str) -> Resolver:
    provider = {"aws": {"name": "aws", "expressions": {"region": {"constant_value": region}}}}
    rows = [
        change("aws_s3_bucket.b", "create", after={"bucket": "cfg"},
               after_unknown={"id": True, "bucket_regional_domain_name": True}),
        change("aws_s3_access_point.a", "create", after={"name": "ap", "bucket": "cfg"}, after_unknown={"arn": True}),
        change("aws_s3_access_point.o", "create", after={"name": "ap", "bucket": "arn:aws:s3-outposts:eu-west-1:1:b"},
               after_unknown={"arn": True}),
        change("aws_ecrpublic_repository.p", "create", after={"repository_name": "web"},
               after_unknown={"repository_uri": True}),
        change("data.aws_ecr_image.i", "read", mode="data", after={"repository_name": "web", "registry_id": "123"},
               after_unknown={"image_uri": True}),
    ]  # fmt: skip
    return Resolver(plan(*rows, configuration={"provider_config": provider, "root_module": {}}))


def _spelled(asked: Resolver, address: str, attribute: str) -> str:
    found = asked.attribute(parse(address), attribute)
    assert isinstance(found, str | Unknown | Text)
    return display(spelled_out(found))


def test_a_bucket_has_a_host_in_its_region_which_us_east_1_may_leave_out() -> None:
    name = "bucket_regional_domain_name"
    assert _spelled(in_region("cn-north-1"), "aws_s3_bucket.b", name) == "cfg.s3.cn-north-1.amazonaws.com.cn"
    assert _spelled(in_region("us-east-1"), "aws_s3_bucket.b", name) == f"cfg.s3.${{aws_s3_bucket.b.{name}.host}}"


def test_the_arn_of_an_access_point_has_a_region_and_an_account() -> None:
    asked = in_region("eu-west-1")
    assert _spelled(asked, "aws_s3_access_point.a", "arn").startswith("arn:aws:s3:eu-west-1:")
    assert _spelled(asked, "aws_s3_access_point.a", "arn").endswith(":accesspoint/ap")
    assert _spelled(asked, "aws_s3_access_point.o", "arn") == "${aws_s3_access_point.o.arn}"


def test_an_image_is_in_the_registry_of_its_account_or_a_public_one() -> None:
    asked = in_region("eu-west-1")
    image, public = "data.aws_ecr_image.i", "aws_ecrpublic_repository.p"
    uri = _spelled(asked, image, "image_uri")
    assert uri == f"123.dkr.ecr.eu-west-1.amazonaws.com/web@${{{image}.image_digest}}"
    assert _spelled(asked, public, "repository_uri") == f"public.ecr.aws/${{{public}.registry_alias}}/web"


_DYNAMIC = """
data "aws_iam_policy_document" "e" {
  statement {
    sid = "Always"
  }
  dynamic "statement" {
    for_each = terraform_data.x.id == "x" ? [1] : []
    content {
      sid = "Later"
    }
  }
}
data "aws_iam_policy_document" "d" {
  dynamic "statement" {
    for_each = terraform_data.x.id == "x" ? { One = "a" } : { Two = terraform_data.x.id }
    content {
      sid       = statement.key
      actions   = ["s3:GetObject"]
      resources = [statement.value]
      dynamic "condition" {
        for_each = terraform_data.x.id == "x" ? ["StringEquals"] : []
        content {
          test     = condition.value
          variable = "aws:PrincipalTag/team"
          values   = ["x"]
        }
      }
    }
  }
}
resource "aws_iam_role" "r" {
  inline_policy {
    name = "base"
  }
  dynamic "inline_policy" {
    for_each = terraform_data.x.id == "x" ? ["more"] : []
    content {
      name = inline_policy.value
    }
  }
}
resource "terraform_data" "x" {
}
resource "aws_ssm_parameter" "p" {
  for_each = terraform_data.x.id == "x" ? { a = "/a" } : { a = "/a", b = "/b" }
  name     = each.value
}
"""


def test_what_a_condition_chooses_between_is_as_far_known_as_the_plan_and_all_choices_show(tmp_path: Path) -> None:
    statement = {"sid": "Two", "actions": ["s3:GetObject"], "resources": [None]}
    unknown = {"statement": [{"resources": [True]}], "json": True}
    after = {"statement": [statement]}
    rows = [
        change("data.aws_iam_policy_document.d", "read", mode="data", after=after, after_unknown=unknown),
        change("data.aws_iam_policy_document.e", "read", mode="data", after={}, after_unknown={"statement": True}),
        change("aws_iam_role.r", "create", after={}, after_unknown={"inline_policy": True}),
        change("terraform_data.x", "create", after={}, after_unknown={"id": True}),
        change('aws_ssm_parameter.p["b"]', "create", index="b", after={}, after_unknown={"name": True}),
    ]
    (tmp_path / "main.tf").write_text(_DYNAMIC)
    asked = Resolver(plan(*rows), from_directory(tmp_path))
    document = asked.attribute(parse("data.aws_iam_policy_document.d"), "json")
    assert isinstance(document, JsonText)
    assert asked.attribute(parse('aws_ssm_parameter.p["b"]'), "name") == "/b"
    inline = asked.attribute(parse("aws_iam_role.r"), "inline_policy")
    assert possible_items(inline) == [({"name": "base"}, True), ({"name": "more"}, False)]
    statements = possible_items(cast(Any, document.value)["Statement"])
    ((read, _),) = cast(list[tuple[dict[str, Value], bool]], statements)
    assert equal(read["Resource"], asked.attribute(parse("terraform_data.x"), "id")) is Truth.TRUE
    assert isinstance(read["Condition"], Unknown)
    assert not is_choice(read["Condition"])
    optional = asked.attribute(parse("data.aws_iam_policy_document.e"), "json")
    assert isinstance(optional, JsonText)
    always, later = cast(Any, optional.value)["Statement"]
    assert always == {"Sid": "Always", "Effect": "Allow"}
    assert later["Sid"].values == ("Later", "")
    assert isinstance(later["Condition"], Unknown)
