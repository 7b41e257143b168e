"""Correct malformed references of task definitions, and policies that AWS refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from functools import partial
from itertools import islice, takewhile
from typing import TypeAlias

import msgspec

from tfcheck import startup
from tfcheck.checks import CHECKS, env_file_absent, env_file_name, policy_refused
from tfcheck.fix.corrections.attempts import Attempt, first_proven
from tfcheck.fix.edits.insertion import ChangedAttribute, Replacement
from tfcheck.fix.layout.render import quote, text
from tfcheck.fix.needed_statements import has_reference
from tfcheck.fix.policies.fix_places import Finder
from tfcheck.fix.policies.outside_values import Path, path_words, replace_part, where_set
from tfcheck.fix.policies.written_policies import WrittenPolicy
from tfcheck.fix.proof.task_proof import blocks_of, mistakes, partition_of, wrong_tasks
from tfcheck.fix.proof.trial import Trial
from tfcheck.fix.proposal import DraftFix, draft_for_review
from tfcheck.fix.text.policy_statements import ReadableStatement, WrittenText, flat, written_text
from tfcheck.fix.text.policy_text import ObjectParts, OtherParts, Parts, Syntax, find_policy_text, items
from tfcheck.hcl.evaluate.scope import Scope
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import MalformedError, Tokens, tokens
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.iam.document import STATEMENT_KEYS
from tfcheck.inventory.ecs import TASK_TYPES, TaskDefinition, tasks_by_address
from tfcheck.inventory.world import find_object
from tfcheck.resolve import Resolver
from tfcheck.symbolic.limits import is_exceeded
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import PlainText, Value
from tfcheck.vocabulary.address import Address, address_in
from tfcheck.vocabulary.finding import Finding, Remedy

_NAME = regex(r"((?:data\.)?(aws_\w+)\.[\w-]+(?:\[[^\[\]]*\])?)\.(?:name|bucket|id|key_id)")
#: A literal Sid that AWS refuses in a policy of a role; in other policies it accepts more characters.
_SID = regex(r'"(?=[^"]*[A-Za-z0-9])(?=[^"]*[^A-Za-z0-9"])[^"$\\]+"')
_NOT_OF_SID = regex(r'[^A-Za-z0-9"]+([A-Za-z0-9]?)')
_VERSION = regex(r'"(?:2012-10-17|2008-10-17)"')
_ARGUMENTS = ("policy", "assume_role_policy")
_LISTED = 3
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
        refused = [each for each in findings if each.rule == policy_refused.CHECK.id and self._resolver.sources]
        known = [(each, tasks[each.task_definition]) for each in refused if each.task_definition in tasks]
        yield from filter(None, first_proven((self._attempts(*each) for each in known), self._places))

    def _attempts(self, finding: Finding, task: TaskDefinition) -> Iterator[Attempt]:
        """Yield the corrections of whole policies."""
        for policy in self._policies(finding):
            edits = list(self._replacements(policy, task))
            if edits and self._places.files.are_editable(edits):
                yield self._attempt(finding, policy, task, edits)

    def _policies(self, finding: Finding) -> Iterator[WrittenPolicy]:
        refused = find_object(address_in(finding.address), self._world)
        if refused is not None:
            yield from filter(None, (self._places.policies.in_attribute(refused, name) for name in _ARGUMENTS))
            inline = self._places.policies.of(refused) if refused.address.type == "aws_iam_role" else ()
            yield from (one for one in inline if one.attribute == "inline_policy")

    def _attempt(
        self, finding: Finding, policy: WrittenPolicy, task: TaskDefinition, edits: Sequence[Replacement]
    ) -> Attempt:
        quote = '"'
        listed = [f"`{each.old.strip(quote)}` to `{each.text.strip(quote)}`" for each in edits]
        more = f", and {len(edits) - _LISTED:,} more" if len(edits) > _LISTED else ""
        title = f"in {policy.place.resource}, correct {', '.join(listed[:_LISTED])}{more}"
        hcl, touched = "\n".join(each.text for each in edits), self._places.policies.changes(policy)
        draft = draft_for_review(title, hcl, edits, finding=finding, touched=touched)
        reported = [one for each in edits for one in (f'"{each.old}"', each.old)]
        return Attempt(draft=draft, tasks=[task], reported=reported)

    # What is wrong

    def _replacements(self, policy: WrittenPolicy, task: TaskDefinition) -> Iterator[Replacement]:
        """Yield the replacements of what AWS refuses."""
        for statement in self._places.policies.readable(policy):
            found = [(each, self._with_service(each, task)) for each in statement.actions]
            if statement.actions:
                found += [(each, self._as_arn(each, statement, policy)) for each in statement.resources]
            yield from (each.edit(new) for each, new in found if new is not None and not each.is_element)
        with suppress(MalformedError):
            parts, _ = find_policy_text(policy.argument) or (None, None)
            if isinstance(parts, ObjectParts):
                yield from _of_grammar(policy, parts)

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


def _of_grammar(policy: WrittenPolicy, parts: ObjectParts) -> Iterator[Replacement]:
    """Yield replacements for what IAM's grammar refuses."""
    source, kind = policy.argument.source, policy.resource.address.type
    plain_sids = kind.startswith("aws_iam_") and policy.attribute != "assume_role_policy"
    version, listed = parts.item("Version"), parts.item("Statement")
    if version is not None and not _VERSION.fullmatch(_text(source, version.value)):
        yield Replacement(source, version.value.start, '"2012-10-17"', _text(source, version.value))
    for statement in items(listed.value) if listed is not None else ():
        for each in statement.items if isinstance(statement, ObjectParts) else ():
            old = _text(source, each.value)
            if each.name == "Effect" and old != old.title() and old.title() in ('"Allow"', '"Deny"'):
                yield Replacement(source, each.value.start, old.title(), old)
            if each.name == "Sid" and plain_sids and _SID.fullmatch(old):
                yield Replacement(source, each.value.start, _NOT_OF_SID.sub(lambda found: found[1].upper(), old), old)
            meant = get_close_matches(each.name, STATEMENT_KEYS, 1, 0.8) if each.name not in STATEMENT_KEYS else ()
            yield from (Replacement(source, each.start + each.quoted, one, each.name) for one in meant)


def _text(source: SourceText, parts: Parts) -> str:
    return source.text[parts.start : parts.end]


#: The number of literals that are tried for one finding.
_MOST = 6


class _WrongValue(msgspec.Struct, frozen=True):
    """The value that a finding is about, and the argument of the resource that holds it."""

    value: str
    address: Address
    argument: str


class TaskCorrections(Finder):
    """Finds malformed references in the sources of one plan."""

    def fixes(self, findings: Iterable[Finding]) -> Iterator[DraftFix]:
        """Yield the corrections that are proven."""
        attempts = (self._attempts(*each) for each in self._wrong_values(findings))
        yield from filter(None, first_proven(attempts, self._places))

    def _attempts(self, finding: Finding, wrong: _WrongValue) -> Iterator[Attempt]:
        for literal, new in islice(self._propose(finding.rule, wrong, wrong.value), _MOST):
            yield self._attempt(finding, wrong, literal, new)

    def remedies(self, findings: Iterable[Finding]) -> Iterator[tuple[Finding, Remedy]]:
        """Yield which root variable to set if its value is not in the sources, as far as that is proven."""
        known = self._resolver.plan.variables
        for finding, wrong in self._wrong_values(findings):
            partition = partition_of(wrong.address, self._resolver)
            leaves = ((name, *each) for name, value in known.items() for each in _leaves(value, wrong.value))
            for name, path, literal in islice(leaves, _MOST):
                new = next(filter(None, CORRECTIONS[finding.rule](literal, partition)), _QUOTE).strip(_QUOTE)
                if self._is_solved(finding, wrong, {**known, name: replace_part(known[name], path, new)}):
                    yield finding, _set_variable(name, path, new)
                    break

    def _wrong_values(self, findings: Iterable[Finding]) -> Iterator[tuple[Finding, _WrongValue]]:
        checks = [each for each in CHECKS if each.id in CORRECTIONS]
        for finding, task, found in wrong_tasks(findings, checks, self._world):
            address = address_in(found.address) or task.address
            own = self._resolver.attribute(address, found.argument) if found.address else found.about
            value = flat(own) if found.argument == "platform_version" else flat(found.about)
            yield from [(finding, _WrongValue(value, address, found.argument))] if value else []

    # The place

    def _propose(self, rule: str, wrong: _WrongValue, value: str) -> Iterator[tuple[WrittenText, str]]:
        """Yield the corrections of texts with a value, then of what these are made of."""
        partition, parts = partition_of(wrong.address, self._resolver), dict[str, None]()
        for block, scope in blocks_of(wrong.address, self._resolver):
            for literal in literals_in(block, scope, self._resolver):
                if literal.value == value and self._places.files.editable(literal.source):
                    named = self._reference(literal, wrong, partition) if rule == "env-file-arn" else ()
                    yield from ((literal, each) for each in (*named, *CORRECTIONS[rule](literal, partition)) if each)
                    parts |= {each.value: None for each in literal.parts if not each.is_literal and each.value != value}
        for each in parts:
            yield from self._propose(rule, wrong, each)

    def _reference(self, literal: WrittenText, wrong: _WrongValue, partition: str) -> Iterator[str]:
        """Write the address of a file by the bucket of its module, if a block of that has it."""
        module, address = self._resolver.module_sources(wrong.address.module), literal.value.removeprefix(_ADDRESS)
        is_own = module is not None and any(literal.source is file.source for file in module.files)
        if is_own and address != literal.value and "\0" not in address:
            spelling = self._places.spelling(wrong.address.module, wrong.address.resource)
            spelled = spelling.spell(f"arn:{partition}:s3:::{address}")
            yield from [text(spelled)] if spelled is not None and has_reference(spelled) else []

    # The proof

    def _attempt(self, finding: Finding, wrong: _WrongValue, literal: WrittenText, new: str) -> Attempt:
        """Return the correction of a literal, after which no new problem may be found in any task."""
        same = self._places.policies.instances(wrong.address)
        title = f"correct `{literal.text}` to `{new.strip(_QUOTE)}` in {literal.source.name}"
        touched = tuple(ChangedAttribute(each, wrong.argument) for each in same)
        draft = draft_for_review(title, new, [literal.edit(new)], finding=finding, touched=touched)
        tasks, shown = self._tasks(finding, wrong, same), tuple(literal.shown_texts())
        reveals = (env_file_name.CHECK.id, env_file_absent.CHECK.id) if finding.rule == "env-file-arn" else ()
        return Attempt(draft=draft, tasks=tasks, reported=shown, denies=True, reveals=reveals)

    def _is_solved(self, finding: Finding, wrong: _WrongValue, variables: Mapping[str, Value]) -> bool:
        """Whether other values of root variables remove a finding, and nothing else is then wrong."""
        same = self._places.policies.instances(wrong.address)
        touched = [ChangedAttribute(each, wrong.argument) for each in same]
        context, tasks = self._world.context, self._tasks(finding, wrong, same)
        trial = Trial(self._resolver, self._resolver.sources, touched, context=context, variables=variables)
        before, after = mistakes(tasks, self._world), mistakes(tasks, trial.world)
        return finding.message in before - after and after <= before

    def _tasks(self, finding: Finding, wrong: _WrongValue, same: Sequence[Address]) -> list[TaskDefinition]:
        own, known = wrong.address.type in TASK_TYPES, tasks_by_address(self._world)
        return [known[each] for each in (map(str, same) if own else [finding.task_definition]) if each in known]


def _set_variable(name: str, path: Path, new: str) -> Remedy:
    """Return how to set a part of a root variable."""
    key = (name, *path)[-1]
    hcl = f"{key} = {quote(new)}" if isinstance(key, str) else quote(new)
    place = path_words(f"var.{name}", path)
    return Remedy(f"set `{place}` to `{new}` where it gets its value: {where_set(name)}", hcl)


def _leaves(value: Value, wanted: str, path: Path = ()) -> Iterator[tuple[Path, WrittenText]]:
    """Yield the texts in a value that are `wanted`, as an argument would have them."""
    inner: Iterable[tuple[str | int, Value]] = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, each in inner:
        yield from _leaves(each, wanted, (*path, key))
    if value == wanted:
        name = f"{path[-1] if path else 'value'} = "
        source = SourceText("", f"{name}{quote(wanted)}")
        literal = written_text(source, OtherParts(len(name), len(source.text)), lambda _: None)
        yield from [(path, literal)] if literal is not None else []


def literals_in(block: Block, scope: Scope, resolver: Resolver) -> Iterator[WrittenText]:
    """Yield the quoted texts of a block, as one instance evaluates them."""
    evaluate = partial(resolver.evaluation.evaluate, scope=scope)
    if not block.source.name.endswith(".json"):
        for argument in takewhile(lambda _: not is_exceeded(), block.all_arguments()):
            for place in _quoted_texts(argument):
                found = written_text(argument.source, place, evaluate)
                yield from [found] if found is not None and found.parts else []


def _quoted_texts(argument: Argument) -> Iterator[OtherParts]:
    try:
        found = tokens(argument.source.text, argument.value_start, argument.value_end)
    except MalformedError:
        return
    for index, token in enumerate(found.listed):
        if token.kind == '"':
            whole = found.stretch(index)
            yield OtherParts(whole.start, whole.end)
        elif token.kind == "<<":
            yield from _texts_in_heredoc(argument.source.text, found, index)


def _texts_in_heredoc(text: str, found: Tokens, opening: int) -> Iterator[OtherParts]:
    begun = -1
    for token in map(found.stretch, found.indices_inside(opening)):
        for position in range(token.start, token.end) if token.kind == "text" else ():
            if text[position] == "\n":
                begun = -1
            elif text[position] == '"' and text[position - 1] != "\\":
                if begun >= 0:
                    yield OtherParts(begun, position + 1)
                begun = position if begun < 0 else -1


#: The possible corrections of a literal, likeliest first; the second argument is the task's partition.
Correct: TypeAlias = Callable[[WrittenText, str], Iterator[str | None]]
_SECRET = regex(r"(?:arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+|\0[^\0]*\0)(?P<rest>:[^:\s]+(?::[^:\s]*)?)")
_BUCKET = regex(
    r'"s3://\$\{\s*(?P<bucket>aws_s3_bucket\.[\w-]+(?:\[[^\[\]]*\])?)\.(?:bucket|id)\s*\}(?P<rest>(?:/[^"]*)?)"'
)
_ADDRESS, _QUOTE = "s3://", '"'
_PARAMETER = regex(r"(?:^|:)parameter//")
_TYPE = regex(r'(?:^|[{,\s])"?type"?\s*[=:]\s*$')
_COLONS = 3


def _reference(literal: WrittenText, _: str) -> Iterator[str | None]:
    found, end = _SECRET.fullmatch(literal.value), len(literal.value)
    if found is not None:
        yield literal.replace(end, end, ":" * (_COLONS - found["rest"].count(":")))
    twice = _PARAMETER.search(literal.value)
    if twice is not None:
        yield literal.replace(twice.end() - 1, twice.end(), "")


def _object(literal: WrittenText, partition: str) -> Iterator[str | None]:
    found = _BUCKET.fullmatch(literal.code)
    if found is not None:
        yield f'"${{{found["bucket"]}.arn}}{found["rest"]}"' if found["rest"] else f"{found['bucket']}.arn"
    elif literal.value.startswith(_ADDRESS):
        yield literal.replace(0, len(_ADDRESS), f"arn:{partition}:s3:::")
    at = 0
    for before, part in zip(literal.parts, literal.parts[1:], strict=False):
        at += len(before.value)
        if not before.is_literal and part.is_literal and not part.value.startswith("/"):
            yield literal.replace(at, at, "/")


def _type(literal: WrittenText, _: str) -> Iterator[str]:
    if _TYPE.search(literal.source.text[max(literal.start - len('{ "type" : ') * 2, 0) : literal.start]):
        yield '"s3"'


#: By rule. Attempts are proven, so that a wrong guess is never shown.
CORRECTIONS: dict[str, Correct] = {
    "secret-reference": _reference,
    "env-file-arn": _object,
    "env-file-type": _type,
    "platform-version": lambda *_: iter(('"LATEST"',)),
}
