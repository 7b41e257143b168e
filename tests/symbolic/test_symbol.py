from __future__ import annotations

from tests.symbols import symbol
from tfcheck.symbolic.symbol import Named, OfOtherStack, Owner, ProviderConfiguration, Result, Symbol
from tfcheck.symbolic.value import Unknown
from tfcheck.vocabulary.address import Address, ModulePath, ModuleValue, other_stack_address, owner_of, parse

PLACE = parse('module.web["a"].aws_iam_role.exec[0]')
WEB = PLACE.module


def test_owners_are_displayed_as_terraform_writes_them() -> None:
    owners: dict[str, Owner] = {
        'module.web["a"].aws_iam_role.exec[0]': PLACE,
        'network: module.web["a"].aws_iam_role.exec[0]': other_stack_address(PLACE, "network"),
        "network: provider.aws": OfOtherStack("network", ProviderConfiguration("aws")),
        'module.web["a"].var': ModuleValue(WEB, "var"),
        'module.web["a"]': ModuleValue(WEB),
        "path": ModuleValue(ModulePath(), "path"),
        "module": ModuleValue(ModulePath()),
        "max(2, aws_x.a.number)": Result("max", frozenset({symbol("aws_x.a", ("number",)), 2})),
        "terraform": Named("terraform"),
    }
    assert {str(Symbol(each, ("x",))): each for each in owners.values()} == {f"{k}.x": v for k, v in owners.items()}


def test_owners_of_one_text_are_not_the_same() -> None:
    """`provider.aws` is also the address of a resource of type `provider`."""
    alike = (parse("provider.aws"), ProviderConfiguration("aws"), Named("provider.aws"))
    assert len({str(each) for each in alike}) == 1
    assert len({Symbol(each, ("id",)) for each in alike}) == 3


def test_only_an_instance_of_this_plan_is_the_owner_of_a_value() -> None:
    def found(owner: Owner) -> Address | None:
        return owner_of(Unknown(Symbol(owner, ("arn",))))

    assert found(PLACE) == PLACE
    others = (
        other_stack_address(PLACE, "network"),
        ProviderConfiguration("aws"),
        ModuleValue(WEB),
        Named("aws_iam_role.exec"),
    )
    assert [found(each) for each in others] == [None] * 4


def test_hashes_of_addresses_are_kept() -> None:
    assert Address.__struct_config__.cache_hash
    assert type(other_stack_address(PLACE, "a")).__struct_config__.cache_hash
