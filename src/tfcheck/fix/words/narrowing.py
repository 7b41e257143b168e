"""Explain how to narrow a statement that denies what a task needs, exempting as little as possible.

A statement has Resource or NotResource, and never both
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html): one that denies all
resources of a bucket but one object cannot be written, and only a condition exempts the role. What is added to
NotAction is no longer denied on any resource, so that a second statement goes on denying it on the others. All
conditions of a statement must be met, and none of the values of a negated one: another condition, or another value of
such a one, exempts the role alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import msgspec

from tfcheck.fix.layout.render import Item, align, indent, quote, text
from tfcheck.fix.needed_statements import Spelled, is_exact
from tfcheck.fix.policies.other_policies import demanded_tag, tags_text
from tfcheck.fix.text.policy_text import Syntax
from tfcheck.iam.condition import Condition
from tfcheck.iam.model import Statement
from tfcheck.iam.variables import PolicyTemplate
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.value import TextLike, Truth
from tfcheck.verdict.evidence import UnmetCondition
from tfcheck.vocabulary.finding import Remedy, Requirement
from tfcheck.vocabulary.grouping import group_by_key

_CALLER, _TAG = "aws:PrincipalArn", "aws:principaltag/"
_MOST = 12
_IN_POLICY = ("NotAction", "Resource", "NotResource")
_IN_DOCUMENT = ("not_actions", "resources", "not_resources")

#: A written condition: operator, key and values.
_Condition: TypeAlias = tuple[str, str, list[str]]


class DenialPlace(msgspec.Struct, frozen=True):
    """How to write values where a denying statement is: the needed resources, the role, and others.

    With `in_document` the statement is a block of an `aws_iam_policy_document`, with `in_json` an object of JSON. With
    `own` its policy is for no other role, so that an exemption of the role would leave nothing of the statement.
    """

    resources: Sequence[Spelled]
    role: Spelled
    spell: Callable[[TextLike], Spelled | None]
    in_document: bool = False
    own: bool = False
    in_json: bool = False

    def text(self, spelled: Spelled) -> str:
        """Write a text."""
        return text(spelled, Syntax.JSON if self.in_json else Syntax.HCL)

    def items(self, items: Sequence[Item]) -> list[str]:
        """Write the items of an object, each on lines of its own."""
        return align(items, ": " if self.in_json else " = ", "," if self.in_json else "", quoted=self.in_json)

    def braces(self, items: Sequence[tuple[str, str]]) -> str:
        """Write an object on one line."""
        return f"{{ {', '.join(line for each in items for line in self.items([each]))} }}"


def narrowing(statement: Statement, needs: Sequence[Requirement], place: DenialPlace) -> Remedy:
    """Return how a statement can stop denying what a role needs: exactly, otherwise for this role only.

    The words complete "narrow the statement: …".
    """
    # NOTE: a secret's or a key's policy is about nothing else, so that it would then deny nothing.
    is_whole = statement.principals is not None and not all(each.action.startswith("s3:") for each in needs)
    exact = None if statement.origin.secret or is_whole else _exactly(statement, needs, place)
    if place.own:
        return Remedy(*(exact or ("let it match less, or remove it, since its policy affects only this role", "")))
    exemption, hcl = _exempting(statement, place)
    if (tags := _tags_that_exempt(statement)) and not statement.origin.secret:
        words, lines = "tag the role as its condition demands", tags_text([(tags[0], quote(tags[1]))])
        exempting = Remedy(
            f"{words}, or {exemption}", "\n".join(("# in the role", *lines, "# or in the statement", hcl))
        )
    else:
        exempting = Remedy(exemption, hcl)
    if exact is None:
        return exempting
    return Remedy(f"{exact[0]}, or {exempting.words}", f"{exact[1]}\n# or, for this role alone\n{exempting.hcl}")


def _tags_that_exempt(statement: Statement) -> tuple[str, str] | None:
    """Return the first tag with which a role no longer meets the conditions of a statement; None if there is none."""
    for each in statement.conditions:
        operator = each.operator.written.removeprefix("StringNot")
        known = [one for one in each.values if isinstance(one, str)]
        if each.operator.negated and operator != each.operator.written and each.key.lower().startswith(_TAG) and known:
            return demanded_tag(UnmetCondition("", None, f"String{operator}", each.key, tuple(known)))
    return None


def _exactly(statement: Statement, needs: Sequence[Requirement], place: DenialPlace) -> tuple[str, str] | None:
    """Return the element to change and its new value; None if no element can exempt exactly this."""
    not_action, resource, not_resource = _IN_DOCUMENT if place.in_document else _IN_POLICY
    listed, resources = statement.resources, [place.text(each) for each in place.resources]
    is_on_all = listed is not None and not listed.negated and all(each.everything for each in listed.entries)
    is_named = bool(resources) and all(is_exact(each.resource) and each.resource != "*" for each in needs)
    if statement.actions.negated:
        actions = list(dict.fromkeys(quote(each.action) for each in needs))
        words, hcl = (
            f"add this to its `{not_action}`, which stops denying it on every resource",
            _entries_text(not_action, actions),
        )
        others = _deny_on_others(statement, actions, resources, place) if is_on_all and is_named else ()
        if not others:
            return words, hcl
        hcl = "\n".join((hcl, "# and a statement for the other resources", *others))
        return f"{words}, and deny it on the others in a second statement", hcl
    if listed is None or not is_named:
        return None
    if listed.negated:
        return f"add this to its `{not_resource}`", _entries_text(not_resource, resources)
    if is_on_all:
        written = "\n".join(place.items([(not_resource, f"[{', '.join(resources)}]")]))
        return "name what it must not deny", f"# in place of {resource}\n{written}"
    wanted = [each.resource for each in needs]
    near = [[each.written for each in listed.entries if glob(each.written, one) is not Truth.FALSE] for one in wanted]
    if all(near) and all(any(equal(each, one) is Truth.TRUE for one in wanted) for several in near for each in several):
        words = f"remove this from its `{resource}`, and the statement if nothing is left in it"
        return words, "\n".join((f"# not in {resource}", *(f"{each}," for each in resources)))
    return None


def _entries_text(element: str, entries: Iterable[str]) -> str:
    return "\n".join((f"# in {element}", *(f"{each}," for each in entries)))


def _deny_on_others(
    statement: Statement, actions: Sequence[str], resources: Sequence[str], place: DenialPlace
) -> Sequence[str]:
    """Write a statement that denies actions on all other resources; nothing if that is impossible."""
    conditions = _render_conditions(statement.conditions, place)
    if conditions is None or statement.principals is not None:
        return ()
    listed = [f"[{', '.join(each)}]" for each in (actions, resources)]
    if place.in_document:
        items = [("effect", '"Deny"'), ("actions", listed[0]), ("not_resources", listed[1])]
        blocks = [line for each in conditions for line in ("", *_block(*each))]
        return ("statement {", *indent([*align(items), *blocks], "  "), "}")
    items = [("Effect", '"Deny"'), ("Action", listed[0]), ("NotResource", listed[1])]
    whole: list[Item] = [*items, *([("Condition", _braces(conditions, place))] if conditions else [])]
    return ("{", *indent(place.items(whole), "  "), "},")


def _exempting(statement: Statement, place: DenialPlace) -> tuple[str, str]:
    """Return how a statement can exempt the role: by adding its ARN to a condition, or by a new condition."""
    role, conditions = place.text(place.role), statement.conditions
    known = None if statement.origin.secret else _render_conditions(conditions, place)
    added = ("ArnNotEquals", _CALLER, [role])
    if known is None:
        caller = _CALLER if place.in_json else quote(_CALLER)
        lines = ["# in Condition", *place.items([(added[0], place.braces([(caller, role)]))])]
        words = "exempt the role by a condition beside those that it has"
        return words, "\n".join(_block(*added) if place.in_document else lines)
    for index, each in enumerate(conditions):
        if each.key.lower() == _CALLER.lower() and each.operator.negated and not each.operator.quantifier:
            operator, key, values = known[index]
            known[index] = (operator, key, [*values, role])
            words = f"add the role to its `{operator}`"
            return words, "\n".join(_block(*known[index])) if place.in_document else _condition(known, place)
    words = "exempt the role by another condition" if known else "exempt the role by a condition"
    return words, "\n".join(_block(*added)) if place.in_document else _condition([*known, added], place)


def _render_conditions(conditions: Sequence[Condition], place: DenialPlace) -> list[_Condition] | None:
    """Write conditions as the module can; None if that is impossible, or too long."""
    found: list[_Condition] = []
    if sum(len(each.values) for each in conditions) > _MOST:
        return None
    for each in conditions:
        values = [None if isinstance(one, PolicyTemplate) else place.spell(one) for one in each.values]
        if each.unread is not None or not values or None in values:
            return None
        found.append((each.operator.written, each.key, [place.text(one) for one in values if one is not None]))
    return found


def _condition(conditions: Sequence[_Condition], place: DenialPlace) -> str:
    return "\n".join(place.items([("Condition", _braces(conditions, place))]))


def _braces(conditions: Sequence[_Condition], place: DenialPlace) -> str | list[str]:
    by_operator = group_by_key(
        (
            operator if operator.isidentifier() or place.in_json else quote(operator),
            (key if place.in_json else quote(key), values[0] if len(values) == 1 else _list(values)),
        )
        for operator, key, values in conditions
    )
    items = [(operator, place.braces(several)) for operator, several in by_operator.items()]
    return place.braces(items) if len(items) == 1 else ["{", *indent(place.items(items), "  "), "}"]


def _list(values: Sequence[str]) -> str:
    return f"[{', '.join(values)}]"


def _block(operator: str, key: str, values: Sequence[str]) -> list[str]:
    items = [("test", quote(operator)), ("variable", quote(key)), ("values", _list(values))]
    return ["condition {", *indent(align(items), "  "), "}"]
