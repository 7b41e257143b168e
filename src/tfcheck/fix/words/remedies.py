"""Explain what to do about a denied requirement for which no change can be written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from tfcheck.fix.layout.render import StatementStyle, listing, plain_style, quote
from tfcheck.fix.needed_statements import NeededStatement, Reference, Spelled, assume_role, sid, writable
from tfcheck.fix.policies.existing_policy import propose_existing
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.policies.other_policies import DemandedTags, demanded_tag, tags_text
from tfcheck.fix.proof.trial import verdicts_with
from tfcheck.fix.proposal import Proposal, RoleNeed
from tfcheck.fix.text.policy_text import Syntax, document_of, file_of, is_json
from tfcheck.fix.values.referable import local_name
from tfcheck.fix.words.as_text import long_words, mention_file, mention_value, role_as_text
from tfcheck.fix.words.narrowing import DenialPlace, narrowing
from tfcheck.hcl.syntax.block import Argument
from tfcheck.iam import CLOCK_KEYS
from tfcheck.iam.model import Origin, Statement
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.inventory.world import WorldObject, find_object
from tfcheck.role import Role
from tfcheck.symbolic.sensitive_text import redact
from tfcheck.symbolic.value import pieces
from tfcheck.verdict.evidence import UnmetCondition
from tfcheck.verdict.judge import Judge
from tfcheck.verdict.resource_policy import policy_holder
from tfcheck.vocabulary.address import Address, ModulePath, address_in, parse
from tfcheck.vocabulary.clipping import and_more, join_names
from tfcheck.vocabulary.finding import Answer, EvidenceKind, Reason, Remedy, RoleKind, Verdict

_SERVICES = {RoleKind.INSTANCE: "ec2.amazonaws.com"}
_LISTED = 3
#: What the ARNs of the policies contain that AWS manages.
_OF_AWS = ":iam::aws:policy/"
_BY_VARIABLES = "; pass it the ARNs by the variables of `templatefile`"


def remedy_for_stale_plan(*, older: bool) -> Remedy:
    """Return the remedy if the sources grant what the plan denies: the plan is `older`, or its apply removes it."""
    if older:
        return Remedy("run `terraform plan` again: the sources already grant it")
    removed = "it removes what the sources grant, which the next plan restores"
    return Remedy(f"run `terraform plan` again after this apply: {removed}")


class Remedies(Finder):
    """Explains what to do about the denied requirements of one plan."""

    def __init__(self, places: FixPlaces) -> None:
        super().__init__(places)
        self._judge = places.world.once(Judge)
        self._tasks = tasks_by_address(places.world)

    def of(self, answers: Sequence[Answer]) -> Remedy:
        """Return the remedy for requirements of one task definition that are denied for one reason."""
        first = answers[0]
        match first.reason:
            case Reason.EXPLICIT_DENY:
                return self._beside(self._narrow(answers), answers)
            case Reason.PERMISSIONS_BOUNDARY:
                return self._widen_boundary(answers)
            case Reason.RESOURCE_POLICY:
                words = f"let the policy of {_holders(answers)} name {first.role}: add this statement to it"
                return Remedy(words, self._statements(answers, self._role_of(first)))
            case Reason.TRUST_POLICY:
                if any(each.kind is EvidenceKind.OF_OTHER_ACCOUNT for each in first.evidence):
                    return Remedy(f"name a role of the account of the task definition in place of {first.role}")
                service = _SERVICES.get(first.requirement.role_kind, "ecs-tasks.amazonaws.com")
                words = f"let {service} assume {first.role}: add this statement to its `assume_role_policy`"
                return Remedy(words, listing([assume_role(service)], StatementStyle()))
            case Reason.NO_EXECUTION_ROLE:
                return self._set_role(answers)
            case _:
                return self._grant(answers)

    def _widen_boundary(self, answers: Sequence[Answer]) -> Remedy:
        """Return how the permissions boundary of a role can allow what it denies."""
        role, judged = answers[0].role, self._judged_role(answers[0])
        name = judged.boundary[0].name if judged is not None and judged.boundary else ""
        if _OF_AWS in name:
            words = f"replace the permissions boundary of {role}, {name}, which only AWS can change, with one"
            return Remedy(f"{words} that allows {_permissions(answers)}", self._statements(answers))
        boundary = address_in(name)
        file, written = self._file(boundary), self._statements(answers, into=boundary)
        is_wide = boundary is not None and written != self._statements(answers, into=boundary, circles=True)
        words = f"let the permissions boundary of {role} allow {_permissions(answers)}: add this statement to "
        words += f"`{file}`, which its text is read from" if file else "it"
        words += "; `*` is for what cannot be named there, because that depends on the role" if is_wide else ""
        words += _BY_VARIABLES if file and "${" in written else ""
        return Remedy(words, written)

    def _grant(self, answers: Sequence[Answer]) -> Remedy:
        unmet = self.conditions(answers[0])
        if unmet:
            groups = DemandedTags(self._places).groups(answers[:1])
            return _fulfil(unmet[0], answers[0], next((each for _, ways in groups for each in ways), None))
        role = answers[0].role or "the role"
        need = RoleNeed(tuple(self._roles(answers)), tuple(answers))
        where = "add this statement where the policies of that role are managed"
        where = "; ".join([where, *mention_file(need, self._places), *mention_value(need, self._places)])
        where += f", and {other}" if (other := self._other_denial(answers)) else ""
        words = "; ".join([f"grant {_permissions(answers)} to {role}: {where}", *long_words(answers, self._places)])
        return Remedy(words, self._statements(answers))

    def _other_denial(self, answers: Sequence[Answer]) -> str:
        """Return a description of what denies a call even if a policy grants it; empty if nothing does."""
        role = self._judged_role(answers[0])
        if role is None or Verdict.DENIED not in verdicts_with(answers, self._world):
            return ""
        if role.boundary:
            boundary = role.boundary[0].name
            if _OF_AWS in boundary:
                return f"replace its permissions boundary {boundary}, which only AWS can change"
            return f"to its permissions boundary {boundary}"
        return f"to the policy of {_holders(answers)}, with the role as its principal"

    def _narrow(self, answers: Sequence[Answer]) -> Remedy:
        """Return how to narrow each denying statement, with the number of those after the first few."""
        denied = self._denying_statements(answers)
        if not denied:
            return Remedy(f"narrow the statement that denies {_permissions(answers)}")
        found = []
        for denial, several in list(denied.values())[:_LISTED]:
            needs = [each.requirement for each in several]
            how = narrowing(denial, needs, self._place_of(denial, several))
            where = statement_name(denial.origin.policy, denial.origin.sid, denial.origin.number)
            file = self._file(address_in(denial.origin.policy))
            where += f" in `{file}`" if file else ""
            words = f"narrow {where}, which denies {_permissions(several)}: {how.words}"
            words += _BY_VARIABLES if file and "${" in how.hcl else ""
            found.append(Remedy(words, how.hcl if len(denied) == 1 else f"# {where}\n{how.hcl}"))
        left = and_more(len(denied), _LISTED)
        return Remedy("; ".join(each.words for each in found) + left, "\n".join(each.hcl for each in found))

    def _beside(self, narrowed: Remedy, answers: Sequence[Answer]) -> Remedy:
        """Add what would still be denied, so that one run of tfcheck shows everything."""
        calls = [(each, self._tasks.get(each.requirement.task_definition)) for each in answers]
        without = [(each, self._judge.without_denials(each.requirement, task)) for each, task in calls if task]
        reason = next((found.reason for _, found in without if found.verdict is Verdict.DENIED), None)
        left = [msgspec.structs.replace(each, reason=reason) for each, found in without if found.reason is reason]
        if reason is None or reason is Reason.EXPLICIT_DENY:
            return narrowed
        other = self._allow(left) or self.of(left)
        hcl = "\n\n".join(filter(None, (narrowed.hcl, other.hcl)))
        return Remedy(f"{narrowed.words}; nothing allows it otherwise, so also {other.words}", hcl)

    def _allow(self, answers: Sequence[Answer]) -> Remedy | None:
        """Return how a policy of the role can grant what no statement allows."""
        roles = self._roles(answers)
        if not roles or answers[0].reason is not Reason.IMPLICIT_DENY or self.conditions(answers[0]):
            return None
        found = next(propose_existing(RoleNeed(tuple(roles), tuple(answers)), self._places, wide=False), None)
        return Remedy(str(found.title), f"# {found.title}\n{found.hcl}") if found is not None else None

    def _roles(self, answers: Sequence[Answer]) -> list[WorldObject]:
        return [each for each in self._world.resources("aws_iam_role") if str(each.address) == answers[0].role]

    def _place_of(self, denial: Statement, answers: Sequence[Answer]) -> DenialPlace:
        address = address_in(denial.origin.policy)
        module = address.module if address is not None else ModulePath()
        policy = find_object(address, self._world)
        argument = self._text_of(address)
        return DenialPlace(
            self._resources(answers, address),
            self._role_of(answers[0], address),
            self._places.spelling(module).spell,
            in_document=argument is not None and document_of(argument) is not None,
            in_json=argument is not None and is_json(argument),
            own=policy is not None and self._places.policies.reach(policy) == frozenset({answers[0].role}),
        )

    def _text_of(self, policy: Address | None) -> Argument | None:
        block = self._resolver.block(policy) if policy is not None else None
        return block.arguments.get("policy") if block is not None else None

    def _file(self, policy: Address | None) -> str:
        argument = self._text_of(policy)
        module = self._resolver.module_sources(policy.module) if policy is not None else None
        return file_of(argument, module) if argument is not None else ""

    def _denying_statements(self, answers: Sequence[Answer]) -> dict[Origin, tuple[Statement, list[Answer]]]:
        found: dict[Origin, tuple[Statement, list[Answer]]] = {}
        for answer in answers:
            task = self._tasks.get(answer.requirement.task_definition)
            for denial in self._judge.denying_statements(answer.requirement, task) if task is not None else ():
                found.setdefault(denial.origin, (denial, []))[1].append(answer)
        return found

    def _set_role(self, answers: Sequence[Answer]) -> Remedy:
        task = answers[0].requirement.task_definition
        granted = _permissions(answers)
        words = f"create a role that ECS can assume, grant it {granted}, and set `execution_role_arn` of {task}"
        ways = (role_as_text(parse(task), each, self._places) for each in (answers, ()))
        return Remedy(words, next(filter(None, ways), ""))

    def _judged_role(self, answer: Answer) -> Role | None:
        task = self._tasks.get(answer.requirement.task_definition)
        return self._judge.role(answer.requirement, task) if task is not None else None

    # The text

    def _statements(
        self,
        answers: Sequence[Answer],
        principal: Spelled | None = None,
        into: Address | None = None,
        *,
        circles: bool = False,
    ) -> str:
        actions = tuple(dict.fromkeys(each.requirement.action for each in answers))
        resources = tuple(self._resources(answers, into, circles=circles))
        who = ("AWS", (principal,)) if principal is not None else None
        argument = self._text_of(into)
        style = plain_style(Syntax.JSON if argument is not None and is_json(argument) else Syntax.HCL)
        return listing([NeededStatement(sid(actions[0]), actions, resources, who)], style) if resources else ""

    def _resources(
        self, answers: Iterable[Answer], policy: Address | None = None, *, circles: bool = False
    ) -> list[Spelled]:
        """Write needed resources for a policy, by default as the role's module can, without cycles unless `circles`."""
        into = policy.resource if policy is not None and not circles else ""
        found: list[Spelled] = []
        for each in (one for one in answers if not one.requirement.sensitive):
            place, value = policy or address_in(each.role), writable(each.requirement.resource)
            spelling = self._places.spelling(place.module if place is not None else ModulePath(), into)
            hidden = tuple(redact(one) if isinstance(one, str) else "*" for one in pieces(value))
            found.append(spelling.spell(value) or hidden)
        return list(dict.fromkeys(found))

    def _role_of(self, answer: Answer, policy: Address | None = None) -> Spelled:
        address = address_in(answer.role)
        if address is None or address.type != "aws_iam_role":
            return (answer.role or "ROLE_ARN",)
        if policy is None:
            return (Reference(f"{local_name(address)}.arn"),)
        role = self._judged_role(answer)
        spelling = self._places.spelling(policy.module, policy.resource)
        spelled = spelling.spell(role.caller.arn) if role is not None else None
        return spelled or (f"ARN of {answer.role}",)


def _fulfil(unmet: UnmetCondition, answer: Answer, tagged: Proposal | None) -> Remedy:
    """Return what would satisfy a condition, tags if these do; no conditional statement is copied without it."""
    wanted = " or ".join(f"`{each}`" for each in unmet.values[:_LISTED]) or "another value"
    is_negated = "Not" in unmet.operator
    has = f"has `{unmet.carried}`" if unmet.carried else "does not have it"
    accept = f"let the condition accept `{unmet.carried}`"
    other_way = accept if unmet.carried else f"allow {answer.requirement.action} in a statement without this condition"
    where = statement_name(unmet.policy, unmet.sid)
    if unmet.key.lower() in CLOCK_KEYS:
        when = "at" if "Equals" in unmet.operator and "Than" not in unmet.operator else "until"
        until = f"{where} allows {answer.requirement.action} only {when} {wanted} ({unmet.key})"
        return Remedy(f"{until}, and the plan was made later: let it end later, or remove the condition")
    ways = str(tagged.title) if tagged is not None else f"change what {unmet.key} depends on, or {other_way}"
    only = f"only if {unmet.key} is {'not ' if is_negated else ''}{wanted} ({unmet.operator}), and the call {has}"
    words = f"{ways}: {where} allows {answer.requirement.action} {only}"
    if not unmet.carried or is_negated:
        tag = demanded_tag(unmet) if unmet.key.lower().startswith("aws:principaltag/") else None
        text = "\n".join(tags_text([(tag[0], quote(tag[1]))])) if tag else ""
        return Remedy(words, tagged.hcl if tagged is not None else text)
    accepted = ", ".join(quote(each) for each in (*unmet.values, unmet.carried))
    listed = quote(unmet.carried) if unmet.operator.startswith("Bool") else f"[{accepted}]"
    return Remedy(words, f"Condition = {{ {unmet.operator} = {{ {quote(unmet.key)} = {listed} }} }}")


def statement_name(policy: str, sid: str | None, number: int | None = None) -> str:
    """Return the words for a statement of a policy."""
    which = f"statement `{sid}`" if sid else f"statement {number}" if number else "a statement"
    return f"{which} of {policy}"


def _permissions(answers: Sequence[Answer]) -> str:
    actions = join_names(dict.fromkeys(each.requirement.action for each in answers))
    return f"{actions} on {_resources(answers)}"


def _resources(answers: Sequence[Answer]) -> str:
    shown = list(dict.fromkeys(each.requirement.shown_resource for each in answers))
    return shown[0] if len(shown) == 1 else f"{len(shown):,} resources"


def _holders(answers: Sequence[Answer]) -> str:
    return join_names(dict.fromkeys(policy_holder(each.requirement) for each in answers))
