"""Propose that the condition of a statement accepts the value that a call has, beside those that it accepts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tfcheck.fix.corrections.misspelling import common_length
from tfcheck.fix.edits.insertion import Insertion
from tfcheck.fix.layout.items import extend, plain_items
from tfcheck.fix.layout.render import quote
from tfcheck.fix.policies.fix_places import Finder
from tfcheck.fix.policies.written_policies import WrittenPolicy, other_roles
from tfcheck.fix.proposal import Proposal
from tfcheck.fix.text.policy_statements import WrittenStatement, WrittenText, flat, written_text
from tfcheck.fix.text.policy_text import ListParts, ObjectParts, Parts, documents_of, items, read_parts
from tfcheck.fix.title import Title
from tfcheck.fix.words.remedies import statement_name
from tfcheck.inventory.world import WorldObject
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.verdict.evidence import UnmetCondition
from tfcheck.vocabulary.finding import Answer

_EXACT = ("stringequals", "stringlike")
#: The only key that merely names services: others keep callers or regions out on purpose.
_KEY = "kms:viaservice"


class ConditionValues(Finder):
    """Finds the conditions to extend in the policies of one plan."""

    def groups(self, answers: Iterable[Answer]) -> list[tuple[list[Answer], list[Proposal]]]:
        """Return what one more value in a condition would allow together, with the change."""
        found: dict[tuple[Insertion, ...], tuple[list[Answer], list[Proposal]]] = {}
        for answer in answers:
            proposal = next(self._proposals(answer), None)
            if proposal is not None:
                found.setdefault(proposal.insertions, ([], [proposal]))[0].append(answer)
        return list(found.values())

    def _proposals(self, answer: Answer) -> Iterator[Proposal]:
        need = answer.requirement
        (unmet, *others) = self.conditions(answer) or (None,)
        if unmet is None or others or unmet.key.lower() != _KEY or unmet.operator.lower() not in _EXACT:
            return
        for role in self._world.resources("aws_iam_role"):
            for policy in self._places.policies.of(role) if str(role.address) == answer.role else ():
                for each in self._places.policies.readable(policy):
                    fits = each.matches_action(need.action) and each.covers(flat(need.resource))
                    if fits and str(policy.resource.address) == unmet.policy:
                        yield from self._extend(role, policy, each.place, unmet)

    def _extend(
        self, role: WorldObject, policy: WrittenPolicy, statement: WrittenStatement, unmet: UnmetCondition
    ) -> Iterator[Proposal]:
        values, evaluate = _values(policy, statement, unmet), self._places.policies.evaluate_in(policy)
        known = [written_text(statement.source, each, evaluate) for each in items(values)] if values else []
        new = next((_like(each, unmet.carried) for each in known if each), "")
        edits = extend(statement.source, values, plain_items([new])) if values and new else ()
        if self._places.files.are_editable(edits) and edits and not isinstance(unmet.carried, Sensitive):
            where = statement_name(unmet.policy, unmet.sid)
            reach = self._places.policies.reach(policy.resource) or frozenset()
            names = (unmet.key, unmet.operator, "Condition", "values")
            title = f"let the condition of {where} accept `{unmet.carried}` as {unmet.key}"
            yield Proposal(
                title=Title(title, other_roles(reach, frozenset((str(role.address),)))),
                insertions=edits,
                touched=self._places.policies.changes(policy),
                hcl=new,
                reported=(*(each.code for each in known if each), *map(quote, names), *names),
            )


def _values(policy: WrittenPolicy, statement: WrittenStatement, unmet: UnmetCondition) -> Parts | None:
    """Return the values of a condition where they are written: a text, or a list."""
    if statement.among is None:
        blocks = [one for each in documents_of(policy.argument, policy.module) for one in each.nested]
        here = (each for each in blocks if each.source is statement.source and each.start == statement.start)
        own = (one for each in here for one in each.blocks("condition"))
        named = {"test": quote(unmet.operator), "variable": quote(unmet.key)}
        fitting = (each for each in own if all(each.attribute_text(name) == text for name, text in named.items()))
        argument = next((each.arguments.get("values") for each in fitting), None)
        found = read_parts(argument.source.text, argument.value_start) if argument is not None else None
        return found if isinstance(found, ListParts) else None
    value: Parts | None = next((each for each in items(statement.among) if each.start == statement.start), None)
    for name in ("Condition", unmet.operator, unmet.key):
        listed = value.items if isinstance(value, ObjectParts) else ()
        written = (name, quote(name))
        value = next((each.value for each in listed if statement.source.text.startswith(written, each.start)), None)
    return value


def _like(known: WrittenText, value: str) -> str:
    """Write a value like a known one, with the same references; empty where that is impossible."""
    start = common_length(known.value, value)
    end = common_length(known.value[start:][::-1], value[start:][::-1])
    return known.replace(start, len(known.value) - end, value[start : len(value) - end]) or ""
