"""A text is followed to the call, or the element of a map or list, that only the policy takes it from."""

from __future__ import annotations

from pathlib import Path

from tests.cases import TESTDATA, Case
from tests.fix.found import copied, replaced
from tests.fix.test_existing_policy import fixes
from tests.rows import every_row
from tfcheck.fix.values.passed_texts import PassedTexts
from tfcheck.hcl.modules import from_directory
from tfcheck.resolve import Resolver
from tfcheck.vocabulary.address import parse

PLAN = Case(TESTDATA / "conventions-of-modules").plan()
CALL = 'module "role" {{\n  source = "./role"\n  {}\n}}\n'
POLICY = 'variable "policies" {{}}\nresource "aws_iam_role_policy" "this" {{\n  {}\n  policy = {}\n}}\n'
EACH, TWO = ("for_each = var.policies", "each.value"), 'policies = { a = "1", b = "2" }'
ROOT, OWN = "module.role", "module.role.aws_iam_role_policy.this"


def followed(folder: Path, call: str, policy: tuple[str, str], key: str, call_key: str = "") -> tuple[str, str]:
    """Return the text that is found for a policy, and the block instance that it is in."""
    (folder / "role").mkdir(parents=True)
    (folder / "main.tf").write_text(CALL.format(call))
    (folder / "role" / "main.tf").write_text(POLICY.format(*policy))
    resolver = Resolver(PLAN, from_directory(folder))
    address = parse(f"module.role{call_key}.aws_iam_role_policy.this{key}")
    block = resolver.block(address)
    assert block is not None
    argument, place = PassedTexts(resolver).follow(block.arguments["policy"], address)
    return argument.text, str(place)


@every_row(
    ("call", "policy", "key", "found"),
    [
        (TWO, EACH, '["b"]', ('"2"', ROOT)),
        (TWO, ("for_each = toset([])", "var.policies[each.key]"), '["b"]', ('"2"', ROOT)),
        (TWO, ("", "var.policies.a"), "", ('"1"', ROOT)),
        (TWO, ("name = var.policies.b", 'var.policies["a"]'), "", ('var.policies["a"]', OWN)),
        (TWO, ("name = var.policies.b", "var.policies.a"), "", ('"1"', ROOT)),
        (TWO, ("name = var.policies.a", "var.policies.a"), "", ("var.policies.a", OWN)),
        (TWO, ("for_each = var.policies\n  name = each.value", "each.value"), '["a"]', ("each.value", f'{OWN}["a"]')),
        (TWO, EACH, '["c"]', ("each.value", f'{OWN}["c"]')),
        ('policies = ["1", "2"]', ("count = length(var.policies)", "var.policies[count.index]"), "[1]", ('"2"', ROOT)),
        ("policies = [for each in local.all : each]", ("", "var.policies[0]"), "", ("var.policies[0]", OWN)),
        ('policies = local.own\n}\nlocals {\n  own = { a = "1" }', EACH, '["a"]', ('"1"', ROOT)),
        (
            'policies = local.own\n}\nlocals {\n  own = { a = "1" }\n  all = local.own',
            EACH,
            '["a"]',
            ("each.value", f'{OWN}["a"]'),
        ),
        ("policies = { a = local.own }\n}\nlocals {\n  own = {}", EACH, '["a"]', ("local.own", ROOT)),
        (
            "policies = local.a[0]\n}\nlocals {\n  a = local.b[0]\n  b = local.a[0]",
            EACH,
            '["a"]',
            ("each.value", f'{OWN}["a"]'),
        ),
        ("", EACH, '["a"]', ("each.value", f'{OWN}["a"]')),
    ],
)
def test_a_text_is_found_where_only_the_policy_takes_it_from(
    tmp_path: Path, call: str, policy: tuple[str, str], key: str, found: tuple[str, str]
) -> None:
    assert followed(tmp_path / str(len(list(tmp_path.iterdir()))), call, policy, key) == found


def test_the_element_of_a_call_is_in_its_map_for_all_instances(tmp_path: Path) -> None:
    call = 'for_each = local.all\n  policies = each.value.own\n}\nlocals {\n  all = { web = { own = { a = "1" } } }'
    assert followed(tmp_path / "x", call, EACH, '["a"]', '["web"]') == ('"1"', ROOT)
    own = "for_each = local.all\n  policies = { a = each.key }\n}\nlocals {\n  all = {}"
    assert followed(tmp_path / "y", own, EACH, '["a"]', '["web"]') == ("each.key", f'{ROOT}["web"]')


def test_a_text_in_a_map_that_a_module_is_passed_is_changed_there(tmp_path: Path) -> None:
    folder = copied("conventions-of-modules", tmp_path)
    main, role = folder / "main.tf", folder / "modules/role/main.tf"
    replaced(main, "  policy = jsonencode({\n", "  policy = { own = jsonencode({\n")
    replaced(main, "    ]\n  })\n\n  depends_on", "    ]\n  }) }\n\n  depends_on")
    replaced(role, "policy = var.policy\n", "policy = var.policy.own\n")
    replaced(role, 'variable "policy" { type = string }', 'variable "policy" { type = map(string) }')
    found = next(each for each in fixes(folder) if "kms:Decrypt" not in each.fix.hcl)
    assert (found.fix.title, found.fix.safety) == ("add a statement to module.role", "safe")
    assert {each.source.name for each in found.insertions} == {"main.tf"}
