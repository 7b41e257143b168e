"""Which policies are on a role, when roles of one name live in several accounts?"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.made_world import ELSEWHERE, HERE, OPEN, MadeResource, MadeWorld, reference
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.resolve.order import FinishedBefore
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.role import Roles
from tfcheck.symbolic.doubt import Doubt, ask_sources_of
from tfcheck.symbolic.value import JsonText, OneOf, Text, Unknown, Value
from tfcheck.vocabulary.address import Address

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
ARN = "arn:aws:iam::111122223333:role/exec"
#: What a state shows of a resource without an ARN.
UNTOLD = Surroundings("aws", "eu-west-1", Unknown())


def policy(around: Surroundings) -> MadeResource:
    return MadeResource("aws_iam_role_policy.p", {"name": "p", "role": "exec", "policy": POLICY}, around)


@every_row(("around", "sure", "open_"), [(HERE, 1, 0), (ELSEWHERE, 0, 0), (OPEN, 0, 1), (UNTOLD, 1, 0)])
@every_row("address", ["aws_iam_role.exec", "data.aws_iam_role.exec", ""])
def test_a_policy_is_attached_to_the_role_of_its_own_account(
    address: str, around: Surroundings, sure: int, open_: int
) -> None:
    shown = [MadeResource(address, {"name": "exec", "arn": ARN})] if address else []
    role = Roles(MadeWorld(*shown, policy(around))).of(ARN)
    assert role is not None
    assert (len(role.attached.identity), len(role.attached.doubted), bool(role.attached.open_policies)) == (
        sure,
        open_,
        bool(open_),
    )


@every_row(("arn", "hidden"), [(ARN, True), (ARN.replace("111122223333", "444455556666"), False)])
def test_the_boundary_of_a_role_that_the_plan_leaves_out_is_in_its_own_account(arn: str, *, hidden: bool) -> None:
    role = MadeResource("aws_iam_role.exec", {"name": "exec"})
    role.is_left_out = True
    found = Roles(MadeWorld(role)).of(arn)
    assert found is not None
    assert (found.boundary_hidden is not None) is hidden


def test_a_new_role_and_its_policies_are_in_one_account_whichever_it_is() -> None:
    role = MadeResource("aws_iam_role.exec", {"name": "exec", "arn": Unknown()}, OPEN)
    roles = Roles(MadeWorld(role, policy(OPEN)))
    assert len(roles.of_object(role).attached.identity) == 1


def test_a_role_in_a_module_whose_sources_are_missing_asks_for_them() -> None:
    elsewhere = Unknown(reason=Doubt("the plan does not show this expression", hint=ask_sources_of("module.vpc")))
    role = MadeResource("aws_iam_role.exec", {"name": "exec", "arn": ARN})
    other = MadeResource("aws_iam_role_policy.flow", {"name": "flow", "role": elsewhere, "policy": POLICY})
    ((said, _),) = Roles(MadeWorld(role, other)).of_object(role).attached.doubted
    assert said == "aws_iam_role_policy.flow, which may be attached to this role: pass the sources of module.vpc"


MANAGED = "arn:aws:iam::111122223333:policy/files"
LATER = Unknown(reason="a list known only after apply")


def attached(*more: MadeResource, name: str = "exec") -> tuple[int, int, bool, bool]:
    """Count the policies that are definitely on a managed role, and those that may be; is something hidden, a note?"""
    role = MadeResource("aws_iam_role.exec", {"name": name, "arn": ARN})
    policy = MadeResource("aws_iam_policy.files", {"arn": MANAGED, "policy": POLICY})
    found = Roles(MadeWorld(role, policy, *more)).of(ARN)
    assert found is not None
    return (
        len(found.attached.identity),
        len(found.attached.doubted),
        bool(found.attached.hidden or found.attached.doubted),
        bool(found.notes),
    )


@every_row(
    ("kind", "attributes", "hidden"),
    [
        ("role_policy", {"role_name": "exec"}, True),
        ("role_policy", {"role_name": reference("aws_iam_role.exec", "id")}, True),
        ("role_policy", {"role_name": LATER}, True),
        ("role_policy", {"role_name": "other"}, False),
        ("role_policy", {"role_name": reference("aws_iam_role.other", "name")}, False),
        ("managed_policy", {"roles": ["other", "exec"]}, True),
        ("managed_policy", {"roles": LATER}, True),
        ("managed_policy", {"roles": ["other"]}, False),
        ("managed_policy", {"roles": None}, False),
    ],
)
def test_a_policy_of_the_cloud_control_provider_may_allow_more(
    kind: str, attributes: dict[str, Value], *, hidden: bool
) -> None:
    other = MadeResource("aws_iam_role.other", {"name": reference("aws_iam_role.other", "name")})
    written = MadeResource(f"awscc_iam_{kind}.p", {"policy_document": POLICY, **attributes})
    assert attached(other, written) == (0, 0, hidden, False)


def attachment(roles: Value, arn: Value = MANAGED, name: str = "a") -> MadeResource:
    return MadeResource(f"aws_iam_policy_attachment.{name}", {"policy_arn": arn, "roles": roles})


def single() -> MadeResource:
    return MadeResource("aws_iam_role_policy_attachment.s", {"role": "exec", "policy_arn": MANAGED})


def exclusive(arns: Value, role: Value = "exec") -> MadeResource:
    return MadeResource("aws_iam_role_policy_attachments_exclusive.e", {"role_name": role, "policy_arns": arns})


@every_row(
    ("resources", "expected"),
    [
        ([attachment(["exec"])], (1, 0, False, False)),
        ([attachment(["other"])], (0, 0, False, False)),
        ([attachment(LATER)], (0, 1, True, False)),
        ([attachment([LATER, "other"])], (0, 1, True, False)),
        ([attachment(["other", OneOf(values=("exec", None))])], (0, 1, True, False)),
        ([attachment(["exec", OneOf(values=("other", None))])], (1, 0, False, False)),
        # The owner of all attachments of a policy only attaches when it is created.
        ([single(), attachment(["other"])], (1, 0, False, True)),
        ([single(), attachment(LATER)], (1, 1, True, False)),
        ([single(), attachment(["other"], LATER)], (1, 0, False, False)),
        ([single(), attachment(["exec"], LATER)], (1, 0, True, False)),
        # Exclusive lists attach what they list, and detach everything else.
        ([exclusive([MANAGED])], (1, 0, False, False)),
        ([exclusive(LATER)], (0, 0, True, False)),
        ([exclusive(OneOf(values=([], [MANAGED])))], (0, 1, True, False)),
        (
            [exclusive(OneOf(values=([MANAGED], [MANAGED, "arn:aws:iam::aws:policy/ReadOnlyAccess"])))],
            (1, 1, True, False),
        ),
        ([single(), exclusive(OneOf(values=([], [MANAGED])))], (0, 2, True, False)),
        ([single(), exclusive([])], (0, 0, False, True)),
        ([single(), exclusive(LATER)], (0, 1, True, False)),
        ([single(), exclusive([], LATER)], (0, 1, True, False)),
        ([single(), exclusive([MANAGED], LATER)], (1, 1, True, False)),
    ],
)
def test_a_list_that_is_known_only_after_apply_may_hold_the_role_or_the_policy(
    resources: list[MadeResource], expected: tuple[int, int, bool, bool]
) -> None:
    assert attached(*resources) == expected


class OrderedWorld(MadeWorld):
    """A world in which what has the address `later` is created after all else."""

    later = ""

    def earlier(self, address: Address) -> FinishedBefore:
        others = (each.address.config for each in self._resources)
        return FinishedBefore(frozenset(others) if address.config == self.later else frozenset(), False)


@every_row(
    ("new", "later", "expected"),
    [
        # (policies, policies that may be there): the plan creates one of the two, both, or neither.
        ("both", "", (0, 1)),
        ("both", "aws_iam_role_policy_attachments_exclusive.e", (0, 0)),
        ("both", "aws_iam_role_policy_attachment.s", (1, 0)),
        ("list", "", (0, 0)),
        ("grant", "", (1, 0)),
        ("neither", "", (0, 0)),
    ],
)
def test_an_exclusive_list_removes_what_is_there_when_it_is_applied(
    new: str, later: str, expected: tuple[int, int]
) -> None:
    role = MadeResource("aws_iam_role.exec", {"name": "exec", "arn": ARN})
    there: list[MadeResource] = {
        "both": [],
        "list": [single()],
        "grant": [exclusive([])],
        "neither": [single(), exclusive([])],
    }[new]
    text = MadeResource("aws_iam_policy.files", {"arn": MANAGED, "policy": POLICY})
    world = OrderedWorld(role, text, single(), exclusive([]), earlier=[role, text, *there])
    world.later = later
    found = Roles(world).of_object(role)
    assert (len(found.attached.identity), len(found.attached.doubted)) == expected
    assert len(found.notes) == 1 - expected[1]


@every_row(("names", "closed"), [([], True), (["p"], True), (["other"], False), (LATER, False), ([LATER], False)])
def test_a_role_outside_the_plan_is_complete_only_where_all_that_is_listed_is_shown(names: Value, closed: bool) -> None:
    looked_up = MadeResource("data.aws_iam_role.exec", {"name": "exec", "arn": ARN})
    inline = MadeResource("aws_iam_role_policies_exclusive.i", {"role_name": "exec", "policy_names": names})
    role = Roles(MadeWorld(looked_up, policy(HERE), inline, exclusive([]))).of(ARN)
    assert role is not None
    assert role.managed is closed


INLINE = MadeResource("aws_iam_role_policy.p", {"name": "p", "role": "exec", "policy": POLICY})


@every_row(
    ("listed", "grant", "noted"),
    [
        ({"inline_policy": [{"name": "other", "policy": POLICY}]}, INLINE, True),
        ({"inline_policy": [{"name": "p", "policy": POLICY}]}, INLINE, False),
        ({"inline_policy": [{"name": LATER, "policy": POLICY}]}, INLINE, False),
        ({"inline_policy": LATER}, INLINE, False),
        ({"managed_policy_arns": []}, INLINE, False),
        ({"managed_policy_arns": []}, single(), True),
        ({"managed_policy_arns": [MANAGED]}, single(), False),
        ({"inline_policy": [{"name": "other", "policy": POLICY}]}, single(), False),
        ({}, INLINE, False),
    ],
)
def test_what_a_role_that_lists_its_policies_leaves_out_is_removed_by_the_next_apply(
    listed: dict[str, Value], grant: MadeResource, noted: bool
) -> None:
    role = MadeResource("aws_iam_role.exec", {"name": "exec", "arn": ARN, **listed})
    policy = MadeResource("aws_iam_policy.files", {"arn": MANAGED, "policy": POLICY})
    found = Roles(MadeWorld(role, policy, grant, earlier=[])).of(ARN)
    assert found is not None
    note = f"{grant.address} is removed by the next apply: aws_iam_role.exec does not list it"
    assert (note in found.notes) is noted


OTHER_TEXT = POLICY.replace("s3:*", "s3:Get*")
SAME_OR_NOT = JsonText(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": Unknown(reason="later")}]}
)


@every_row(("text", "certain", "possible"), [(POLICY, 0, 0), (OTHER_TEXT, 1, 0), (SAME_OR_NOT, 0, 1)])
@every_row("by", ["list", "role"])
def test_what_a_list_removes_is_there_again_only_if_it_is_written(
    text: Value, certain: int, possible: int, by: str
) -> None:
    """An apply skips an update whose unknown text turns out as it was."""
    plain: dict[str, Value] = {"name": "exec", "arn": ARN}
    was = MadeResource(
        "aws_iam_role.exec", {**plain, **({"inline_policy": LISTED["inline_policy"]} if by == "role" else {})}
    )
    role = MadeResource("aws_iam_role.exec", {**plain, **({"inline_policy": []} if by == "role" else {})})
    policies = MadeResource("aws_iam_role_policies_exclusive.l", {"role_name": "exec", "policy_names": []})
    grant = MadeResource("aws_iam_role_policy.p", {**INLINE.attributes, "policy": text})
    world = OrderedWorld(role, grant, *([policies] if by == "list" else []), earlier=[was, INLINE])
    world.later = "aws_iam_role_policy.p"
    found = Roles(world).of_object(role)
    assert (len(found.attached.identity), len(found.attached.doubted)) == (certain, possible)


LISTED: dict[str, Value] = {"inline_policy": [{"name": "p", "policy": POLICY}], "managed_policy_arns": [MANAGED]}


@every_row("listed_before", [True, False])
@every_row("remains", [True, False])
@every_row("more", [[], [{"name": "q", "policy": POLICY}]])
def test_what_a_role_lists_as_before_goes_with_the_resource_that_attached_it(
    listed_before: bool, remains: bool, more: list[Value]
) -> None:
    """What a role takes over from other resources is written only if it did not list it yet."""
    plain: dict[str, Value] = {"name": "exec", "arn": ARN}
    inline: Value = [{"name": "p", "policy": POLICY}, *more]
    role = MadeResource("aws_iam_role.exec", {**plain, **LISTED, "inline_policy": inline})
    was = MadeResource("aws_iam_role.exec", {**plain, **LISTED} if listed_before else plain)
    policy = MadeResource("aws_iam_policy.files", {"arn": MANAGED, "policy": POLICY})
    others = [INLINE, single()]
    now = others if remains else []
    found = Roles(MadeWorld(role, policy, *now, earlier=[was, policy, *others])).of(ARN)
    assert found is not None
    assert {each.name for each in found.attached.identity} - (
        {"aws_iam_role.exec"} if more and listed_before else set()
    ) == (
        set()
        if listed_before and not remains
        else {"aws_iam_role_policy.p", "aws_iam_policy.files"}
        if listed_before
        else {"aws_iam_role.exec", "aws_iam_policy.files"}
    )


TEXT = MadeResource("aws_iam_policy.files", {"arn": MANAGED, "policy": POLICY})
PLAIN = MadeResource("aws_iam_role.exec", {"name": "exec", "arn": ARN, "id": "exec"})
WITH_ARN = MadeResource("aws_iam_role.exec", {**PLAIN.attributes, "managed_policy_arns": [MANAGED]})
WITHOUT_ARNS = MadeResource("aws_iam_role.exec", {**PLAIN.attributes, "managed_policy_arns": []})
LATER_ARN = MadeResource("aws_iam_role.exec", {**PLAIN.attributes, "managed_policy_arns": [LATER]})
WITH_POLICY = MadeResource("aws_iam_role.exec", {**PLAIN.attributes, "inline_policy": LISTED["inline_policy"]})
NO_INLINE = MadeResource("aws_iam_role_policies_exclusive.l", {"role_name": "exec", "policy_names": []})


@every_row(
    ("earlier", "now", "certain", "possible"),
    [
        # A list that does not change is not applied: it removes nothing that is written, and attaches nothing again.
        ([PLAIN, NO_INLINE], [WITH_POLICY, NO_INLINE], 1, 0),
        ([PLAIN, single(), exclusive([MANAGED])], [PLAIN, exclusive([MANAGED])], 0, 0),
        ([PLAIN, single()], [PLAIN, exclusive([MANAGED])], 0, 1),
        ([PLAIN, attachment(["other"])], [PLAIN, attachment(["exec"]), exclusive([])], 0, 1),
        ([PLAIN, attachment(["exec", "other"])], [PLAIN, attachment(["exec"]), exclusive([])], 0, 0),
        ([WITH_ARN, attachment(["exec", "other"])], [WITHOUT_ARNS, attachment(["exec"])], 0, 0),
        ([WITH_ARN, attachment(["other"])], [WITHOUT_ARNS, attachment(["exec"])], 1, 0),
        # What the role had may be as the deleted attachment left it, if its ARN turns out as it was.
        ([WITH_ARN, single()], [LATER_ARN], 0, 0),
        ([WITH_ARN, single()], [WITH_ARN, single()], 1, 0),
    ],
)
def test_a_list_writes_only_what_is_new_in_it(
    earlier: list[MadeResource], now: list[MadeResource], certain: int, possible: int
) -> None:
    found = Roles(MadeWorld(TEXT, *now, earlier=[TEXT, *earlier])).of_object(now[0])
    assert (len(found.attached.identity), len(found.attached.doubted)) == (certain, possible)


class FormerWorld(MadeWorld):
    """The world before a change."""

    def before(self) -> MadeWorld:
        return self


def test_what_was_attached_before_the_change_was_there_whether_listed_or_not() -> None:
    there = [PLAIN, TEXT, single(), exclusive([]), attachment(["other"]), policy(HERE), NO_INLINE]
    found = Roles(FormerWorld(*there)).of_object(PLAIN)
    assert (len(found.attached.identity), found.attached.open_policies) == (2, ())


def managed(key: str, around: Surroundings = HERE) -> MadeResource:
    attached: dict[str, Value] = {"role": "exec", "policy_arn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"}
    return MadeResource(f'aws_iam_role_policy_attachment.p["{key}"]', attached, around)


def inline(key: str, around: Surroundings = HERE) -> MadeResource:
    return MadeResource(f'aws_iam_role_policy.p["{key}"]', policy(HERE).attributes, around)


@pytest.mark.parametrize("kind", [managed, inline])
def test_a_policy_that_the_change_also_deletes_at_another_address_may_go(
    kind: Callable[[str, Surroundings], MadeResource],
) -> None:
    role = MadeResource("aws_iam_role.exec", {"name": "exec", "arn": ARN, "id": "exec"})
    new, old = kind("new", HERE), kind("old", HERE)
    for earlier, sure, possible in (
        ([role, old], 0, 1),
        ([role, old, new], 0, 0),
        ([role, new], 1, 0),
        ([role], 1, 0),
        ([role, kind("old", ELSEWHERE)], 1, 0),
        ([MadeResource("aws_iam_role.former", role.attributes), old], 1, 0),
    ):
        found = Roles(MadeWorld(role, new, earlier=earlier)).of_object(role)
        assert (len(found.attached.identity), len(found.attached.doubted), len(found.attached.open_policies)) == (
            sure,
            possible,
            possible,
        )


def numbered(kind: str, index: int, last: str) -> MadeResource:
    """Make a policy of the role by its number; `last` is its name, or the end of its ARN."""
    own: dict[str, Value] = (
        {"policy_arn": MANAGED + last, "role": "exec"} if kind else {**INLINE.attributes, "name": last}
    )
    return MadeResource(f"aws_iam_role_policy{kind}.p[{index}]", own)


@pytest.mark.parametrize("kind", ["", "_attachment"])
def test_a_policy_that_moves_to_another_number_may_go_with_the_old_one(kind: str) -> None:
    def listed(*last: str) -> list[MadeResource]:
        return [numbered(kind, index, each) for index, each in enumerate(last)]

    role = MadeResource("aws_iam_role.exec", {"name": "exec", "arn": ARN, "id": "exec"})
    stranger = MadeResource("aws_iam_role.exec", role.attributes, ELSEWHERE)
    policies = [MadeResource(f"aws_iam_policy.{each}", {"arn": MANAGED + each, "policy": POLICY}) for each in "abc"]
    for earlier, later, sure, possible in (
        ("abc", "bc", 0, 2),
        ("bc", "abc", 1, 2),
        ("abc", "ab", 2, 0),
        ("ab", "cb", 2, 0),
        ("ab", "ba", 0, 2),
    ):
        for former in (role, stranger):
            world = MadeWorld(role, *policies, *listed(*later), earlier=[former, *policies, *listed(*earlier)])
            found = Roles(world).of_object(role)
            assert (len(found.attached.identity), len(found.attached.doubted)) == (sure, possible), (earlier, later)


@every_row(
    ("former", "later", "was_attached", "expected"),
    [
        (["other"], ["other"], False, (1, 0)),
        (["other"], ["other", "third"], False, (1, 0)),
        (["other", "exec"], ["other"], True, (0, 0)),
        (["other", "exec"], ["other"], False, (0, 1)),
        (["other", "exec"], LATER, True, (0, 2)),
        (["other"], LATER, True, (1, 1)),
    ],
)
def test_the_update_of_the_owner_of_all_attachments_detaches_roles_that_it_had(
    former: list[Value], later: Value, was_attached: bool, expected: tuple[int, int]
) -> None:
    role = MadeResource("aws_iam_role.exec", {"name": "exec", "arn": ARN, "id": "exec"})
    policy = MadeResource("aws_iam_policy.files", {"arn": MANAGED, "policy": POLICY})
    earlier = [role, policy, attachment(former), *([single()] if was_attached else [])]
    found = Roles(MadeWorld(role, policy, attachment(later), single(), earlier=earlier)).of_object(role)
    assert (len(found.attached.identity), len(found.attached.doubted)) == expected


@pytest.mark.parametrize("later", [exclusive([MANAGED]), attachment(["exec"]), single()])
@pytest.mark.parametrize("former", [single(), attachment(["exec"]), exclusive([MANAGED])])
def test_an_attachment_that_another_type_takes_over_may_go(former: MadeResource, later: MadeResource) -> None:
    role = MadeResource("aws_iam_role.exec", {"name": "exec", "arn": ARN, "id": "exec"})
    policy = MadeResource("aws_iam_policy.files", {"arn": MANAGED, "policy": POLICY})
    found = Roles(MadeWorld(role, policy, later, earlier=[role, policy, former])).of_object(role)
    is_sure = former.address == later.address or former.address.type.endswith("_exclusive")
    assert (len(found.attached.identity), len(found.attached.doubted)) == ((1, 0) if is_sure else (0, 1))


@every_row(
    ("there", "again", "remain"),
    [
        ([], [], "q"),  # both are new, and one waits for the other
        (["p"], [], "q"),
        (["q"], [], "p"),
        (["p", "q"], [], "pq"),  # nothing is written: whose text it is, is not known
        (["p", "q"], ["p"], "p"),
        (["p", "q"], ["p", "q"], "q"),
    ],
)
def test_of_two_policies_of_one_name_the_last_one_written_remains(
    there: list[str], again: list[str], remain: str
) -> None:
    def made(label: str, text: str) -> MadeResource:
        named: dict[str, Value] = {"id": "exec:p", "name": "p", "role": "exec", "policy": text}
        return MadeResource(f"aws_iam_role_policy.{label}", named)

    earlier = [made(each, "{}" if each in again else POLICY) for each in there]
    world = OrderedWorld(PLAIN, made("p", POLICY), made("q", POLICY), earlier=[PLAIN, *earlier])
    world.later = "aws_iam_role_policy.q"
    found = Roles(world).of(ARN)
    assert found is not None
    assert {each.name.rpartition(".")[2] for each in found.attached.identity} == set(remain)


@pytest.mark.parametrize(
    ("arn", "count"), [("arn:aws:iam::aws:policy/AdministratorAccess", 1), ("arn:aws-cn:iam::aws:policy/ReadOnly", 0)]
)
def test_a_managed_policy_of_another_partition_is_never_attached(arn: str, count: int) -> None:
    attributes: dict[str, Value] = {"role": "exec", "policy_arn": arn}
    assert attached(MadeResource("aws_iam_role_policy_attachment.a", attributes)) == (count, 0, False, count == 0)
    role = MadeResource("aws_iam_role.exec", {"name": "exec", "arn": ARN, "permissions_boundary": arn})
    found = Roles(MadeWorld(role)).of_object(role)
    assert (found.boundary is None, bool(found.boundary_hidden)) == (count == 0, count == 0)


@every_row(("address", "is_hidden"), [("data.aws_iam_role.exec", False), ("aws_iam_role.exec", True)])
def test_a_role_that_is_looked_up_during_the_apply_is_assumed_to_have_no_boundary(
    address: str, is_hidden: bool
) -> None:
    own = Unknown(symbol(address, ("permissions_boundary",)))
    role = MadeResource(address, {"name": "exec", "arn": ARN, "permissions_boundary": own})
    found = Roles(MadeWorld(role)).of_object(role)
    assert (found.boundary, bool(found.boundary_hidden)) == (None, is_hidden)


@every_row(
    ("name", "boundary", "is_hidden"),
    [
        (Unknown(), MANAGED, True),
        (Unknown(), "", False),
        (Text((Unknown(), "-exec")), MANAGED, True),
        (Text((Unknown(), "-task")), MANAGED, False),
        ("shop-exec", MANAGED, True),
        ("task", MANAGED, False),
    ],
)
def test_a_role_that_is_looked_up_may_be_one_of_the_plan_with_a_boundary(
    name: Value, boundary: str, is_hidden: bool
) -> None:
    looked_up = MadeResource("data.aws_iam_role.exec", {"name": name, "permissions_boundary": Unknown()})
    own: dict[str, Value] = {"name": Text((Unknown(), "-exec")), "permissions_boundary": boundary}
    found = Roles(MadeWorld(looked_up, MadeResource("aws_iam_role.own", own))).of_object(looked_up)
    assert bool(found.boundary_hidden) is is_hidden


@every_row(("attribute", "count"), [("name", 1), ("id", 1), ("arn", 0), ("unique_id", 0)])
def test_a_policy_is_on_the_role_whose_name_it_refers_to_and_not_its_arn(attribute: str, count: int) -> None:
    reference = Unknown(symbol("aws_iam_role.exec", (attribute,)))
    grant = MadeResource("aws_iam_role_policy.p", {"name": "p", "role": reference, "policy": POLICY})
    role = MadeResource(
        "aws_iam_role.exec", {"name": Unknown(symbol("aws_iam_role.exec", ("name",))), "arn": Unknown()}
    )
    assert len(Roles(MadeWorld(role, grant)).of_object(role).attached.identity) == count


def test_there_is_no_role_of_the_same_name_under_another_path() -> None:
    role = MadeResource("aws_iam_role.exec", {"name": "exec", "arn": ARN.replace("role/", "role/ecs/"), "id": "exec"})
    grant = MadeResource("aws_iam_role_policy.p", {"name": "p", "role": "exec", "policy": POLICY})
    found = Roles(MadeWorld(role, grant)).of(ARN)
    assert found is not None
    assert (found.label, found.attached.identity, len(found.notes)) == (ARN, (), 1)
