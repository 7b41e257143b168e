"""Correct the syntax of a policy that AWS refuses: names instead of ARNs, services, versions, elements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from difflib import get_close_matches

from tfcheck import startup
from tfcheck.checks import policy_refused
from tfcheck.fix.edits.insertion import Replacement
from tfcheck.fix.layout.render import text
from tfcheck.fix.policies.fix_places import Finder
from tfcheck.fix.policies.written_policies import WrittenPolicy
from tfcheck.fix.proof.task_proof import partition_of, proven_draft
from tfcheck.fix.proposal import DraftFix, draft_for_review
from tfcheck.fix.text.policy_statements import ReadableStatement, WrittenText
from tfcheck.fix.text.policy_text import ObjectParts, Parts, Syntax, find_policy_text, items
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.iam.document import STATEMENT_KEYS
from tfcheck.inventory.ecs import TaskDefinition, tasks_by_address
from tfcheck.inventory.world import WorldObject
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import PlainText
from tfcheck.vocabulary.address import address_in
from tfcheck.vocabulary.finding import Finding

_NAME = regex(r"((?:data\.)?(aws_\w+)\.[\w-]+(?:\[[^\[\]]*\])?)\.(?:name|bucket|id|key_id)")
_VERSION = regex(r'"(?:2012-10-17|2008-10-17)"')
_ARGUMENTS = ("policy", "assume_role_policy")
_MOST = 3
#: By service: the type of a named object, the attribute with its name, and what follows the name in a text.
_KINDS = {
    "s3": ("aws_s3_bucket", "bucket", "/"),
    "secretsmanager": ("aws_secretsmanager_secret", "name", ""),
    "ssm": ("aws_ssm_parameter", "name", ""),
}


class PolicyCorrections(Finder):
    """Finds policies of one plan that AWS refuses."""

    def fixes(self, findings: Iterable[Finding]) -> Iterator[DraftFix]:
        """Yield the proven corrections."""
        tasks = tasks_by_address(self._world)
        refused = [each for each in findings if each.rule == policy_refused.CHECK.id]
        for finding in refused if self._resolver.sources else ():
            task = tasks.get(finding.task_definition)
            found = (self._proven(finding, each, task) for each in self._policies(finding) if task)
            yield from [fix] if (fix := next(filter(None, found), None)) else []

    def _policies(self, finding: Finding) -> Iterator[WrittenPolicy]:
        address = address_in(finding.address)
        resources: Iterable[WorldObject] = self._world.resources(address.type) if address else ()
        for each in (one for one in resources if one.address == address):
            yield from filter(None, (self._places.policies.in_attribute(each, name) for name in _ARGUMENTS))
            inline = self._places.policies.of(each) if each.address.type == "aws_iam_role" else ()
            yield from (one for one in inline if one.attribute == "inline_policy")

    def _proven(self, finding: Finding, policy: WrittenPolicy, task: TaskDefinition) -> DraftFix | None:
        """Correct a whole policy, if the checks then find one problem less and no new one."""
        corrected = list(self._replacements(policy, task))
        edits = [Replacement(source, at, new, old) for source, at, old, new in corrected]
        if not edits or not self._places.files.are_editable(edits):
            return None
        quote = '"'
        listed = [f"`{each.old.strip(quote)}` to `{each.text.strip(quote)}`" for each in edits]
        more = f", and {len(edits) - _MOST:,} more" if len(edits) > _MOST else ""
        title = f"in {policy.place.resource}, correct {', '.join(listed[:_MOST])}{more}"
        hcl, touched = "\n".join(each.text for each in edits), self._places.policies.changes(policy)
        draft = draft_for_review(title, hcl, edits, finding=finding, touched=touched)
        reported = [one for each in edits for one in (f'"{each.old}"', each.old)]
        return proven_draft(draft, self._world, self._places.files, [task], reported)

    # What is wrong

    def _replacements(self, policy: WrittenPolicy, task: TaskDefinition) -> Iterator[tuple[SourceText, int, str, str]]:
        """Yield the replacements: file, offset, old text and new text."""
        for statement in self._places.policies.readable(policy):
            found = [(each, self._with_service(each, task)) for each in statement.actions]
            if statement.actions:
                found += [(each, self._as_arn(each, statement, policy)) for each in statement.resources]
            for each, new in found:
                if new is not None and not each.is_element:
                    yield each.source, each.start, each.source.text[each.start : each.end], new
        with suppress(MalformedError):
            parts, _ = find_policy_text(policy.argument) or (None, None)
            yield from _of_grammar(policy.argument.source, parts) if isinstance(parts, ObjectParts) else ()

    def _with_service(self, literal: WrittenText, task: TaskDefinition) -> str | None:
        """Add the service to an action without one; None if it has one or none fits."""
        name = literal.value.rpartition(".")[2].lower()
        if ":" in literal.value or literal.value == "*":
            return None
        needs = startup.requirements(task, self._world)
        called = {each.action for each in needs if each.action.lower().partition(":")[2] == name}
        return f'"{called.pop()}"' if len(called) == 1 else None

    def _as_arn(self, literal: WrittenText, statement: ReadableStatement, policy: WrittenPolicy) -> str | None:
        """Replace a resource by its ARN; None if it is one already, or if its object is unclear."""
        if not literal.parts or literal.value.startswith(("arn:", "*")):
            return None
        written, first = literal.source.text, literal.parts[0]
        behind = "/*" if _is_for_objects(statement) else ""
        name = _NAME.fullmatch(written[first.start : first.end].removeprefix("${").removesuffix("}").strip())
        if name is not None:
            behind = ":*" if name[2] == "aws_cloudwatch_log_group" and literal.value == first.value else behind
            behind = written[first.end : literal.end - literal.is_quoted] + behind
            is_bare = not behind and statement.place.syntax is Syntax.HCL
            return f"{name[1]}.arn" if is_bare else f'"${{{name[1]}.arn}}{behind}"'
        if literal.value.startswith("\0"):
            return None
        if (known := self._of_object(literal, statement, policy, behind)) is not None:
            return known
        partition = partition_of(policy.resource.address, self._resolver)
        inner = literal.text if literal.is_quoted else f"${{{literal.text}}}"
        is_s3 = all(each.value.startswith("s3:") for each in statement.actions)
        return f'"arn:{partition}:s3:::{inner}{behind}"' if is_s3 else None

    def _of_object(
        self, literal: WrittenText, statement: ReadableStatement, policy: WrittenPolicy, behind: str
    ) -> str | None:
        """Write the ARN of the object that a text names, and what follows the name."""
        (service, *others) = {each.value.partition(":")[0] for each in statement.actions}
        kind, attribute, mark = _KINDS.get(service, ("", "", "/"))
        name, _, rest = literal.value.partition(mark) if mark else (literal.value, "", "")
        if others or not kind or not all(each.is_literal for each in literal.parts[1:]):
            return None
        objects = (*self._world.resources(kind), *self._world.looked_up(kind))
        arns = [each.attribute("arn") for each in objects if each.attribute(attribute) == name]
        spelling = self._places.spelling(policy.resource.address.module)
        spelled = spelling.spell(arns[0]) if arns and isinstance(arns[0], PlainText) else None
        ending = f"/{rest}" if rest else behind
        return text((*spelled, ending) if ending else spelled, statement.place.syntax) if spelled else None


def _is_for_objects(statement: ReadableStatement) -> bool:
    """Whether a statement grants calls on objects but does not name any object."""
    actions = [each.value for each in statement.actions]
    return all("Object" in each for each in actions) and not any("/" in each.value for each in statement.resources)


def _of_grammar(source: SourceText, policy: ObjectParts) -> Iterator[tuple[SourceText, int, str, str]]:
    version, listed = policy.item("Version"), policy.item("Statement")
    if version is not None and not _VERSION.fullmatch(_text(source, version.value)):
        yield source, version.value.start, _text(source, version.value), '"2012-10-17"'
    for statement in items(listed.value) if listed is not None else ():
        for each in statement.items if isinstance(statement, ObjectParts) else ():
            old = _text(source, each.value)
            if each.name == "Effect" and old != old.title() and old.title() in ('"Allow"', '"Deny"'):
                yield source, each.value.start, old, old.title()
            meant = get_close_matches(each.name, STATEMENT_KEYS, 1, 0.8) if each.name not in STATEMENT_KEYS else ()
            yield from ((source, each.start + each.quoted, each.name, one) for one in meant)


def _text(source: SourceText, parts: Parts) -> str:
    return source.text[parts.start : parts.end]
