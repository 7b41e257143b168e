"""Suggest HCL as text where no file can be changed: policies, roles, and policies in other stacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec

from tfcheck.checks.policy_size import is_longer_than_managed
from tfcheck.fix.edits.insertion import Replacement
from tfcheck.fix.layout.new_policy import (
    START_UP,
    Labels,
    NewPolicy,
    NewRole,
    hcl,
    module_reference,
    module_words,
    role_hcl,
)
from tfcheck.fix.layout.render import StatementStyle, listing, quote
from tfcheck.fix.needed_statements import Spelled, free, needed_statements
from tfcheck.fix.policies.attachments import AWS_POLICY, BY_AWS
from tfcheck.fix.policies.fix_places import FixPlaces
from tfcheck.fix.policies.outside_values import Attempts, element_outside
from tfcheck.fix.policies.statement_data import StatementData
from tfcheck.fix.proof.trial import Trial, exactly, verdicts_with, with_execution_roles
from tfcheck.fix.proposal import Allows, Case, DraftFix, Proposal, RoleCase, RoleNeed, draft_fix
from tfcheck.fix.text.policy_text import FileText, file_of
from tfcheck.fix.title import Title
from tfcheck.fix.values.referable import local_name
from tfcheck.fix.values.repetition import InstanceTerms, Statements, share_statements, use_each_key
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.inventory.plan_world import After
from tfcheck.report.question_words import question_about, question_words
from tfcheck.role import Role
from tfcheck.role.removed import removes_other
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import TextLike
from tfcheck.verdict.judge import Judge, Judgement
from tfcheck.vocabulary.address import Address, ModulePath, OtherStackAddress
from tfcheck.vocabulary.finding import Answer, Fix, Reason, Verdict

_INPUT = regex(r"statement|polic|permission|grant")
#: What is said about a grant that is on the other role, by the reason of the verdict.
KEPT_GRANTS: dict[Reason | None, str] = {
    Reason.GRANTED_TO_TASK_ROLE: (
        "the task role keeps its own grant: remove it if the code in the containers does not need it "
        "(`tfcheck fix --move-grants` does)"
    ),
    Reason.GRANTED_TO_EXECUTION_ROLE: "the execution role keeps its own grant: remove it if nothing else needs it",
}


def grants_as_text(needs: Sequence[RoleNeed], places: FixPlaces) -> list[tuple[Fix, tuple[Answer, ...]]]:
    """Write what roles lack as text, for all that a policy with exactly that would allow.

    All are tried together, since they are for different roles.
    """
    if not needs:
        return []
    needs = [each for need in needs for each in _split_by_module_instance(need, places)]
    verdicts = [verdicts_with(each.answers, places.world) for each in needs]
    if any(_are_contested(need, places.world) for need in needs):
        trial = exactly(needs, places.world)
        verdicts = [[trial.verdict(each) for each in need.answers] for need in needs]
    found: list[tuple[Fix, tuple[Answer, ...]]] = []
    for need, several in zip(needs, verdicts, strict=True):
        fixed = without_denied(need.answers, several)
        long = long_words(fixed, places)
        written = _policy_text(RoleNeed(need.roles, fixed), places, managed=bool(long)) if fixed else None
        found += [(fix_of(written[0].with_remarks(*long), written[1], several), fixed)] if written is not None else []
    return found


def long_words(answers: Sequence[Answer], places: FixPlaces) -> tuple[str, ...]:
    """Return the remark that no policy has room for what roles lack, if a policy was tried that had none."""
    if all(each.requirement not in places.too_long for each in answers):
        return ()
    if is_longer_than_managed([each.requirement.resource for each in answers if each.role == answers[0].role]):
        return ("it is longer than IAM accepts: use patterns for ARNs, or several policies",)
    return ("the policies that it was tried in get longer than IAM accepts",)


def _split_by_module_instance(need: RoleNeed, places: FixPlaces) -> list[RoleNeed]:
    """Split the needs of several roles by module instance unless they are written the same way in each."""
    lacking = need.answers_by_role()
    alone = [RoleNeed((role,), lacking[str(role.address)]) for role in need.roles]
    modules = {each.address.module for each in need.roles}
    written = {places.as_statements(each.answers, each.roles[0].address.module) for each in alone}
    is_one = len(written) == 1 and len(modules) == len(need.roles)
    return [need] if is_one or any(map(places.is_from_elsewhere, modules)) else alone


def _are_contested(need: RoleNeed, world: After) -> bool:
    """Whether other resources of the plan decide which inline policies the role keeps."""
    if world.resources("aws_iam_role_policies_exclusive"):
        return True
    role = world.once(Judge).roles.of(need.roles[0].attribute("arn"))
    return role is None or any(name == START_UP for name, _ in role.attached.inline)


def without_denied(answers: Sequence[Answer], verdicts: Sequence[Verdict]) -> tuple[Answer, ...]:
    """Return the answers without what stays denied because something other than the role's policies blocks it."""
    return tuple(each for each, verdict in zip(answers, verdicts, strict=True) if verdict is not Verdict.DENIED)


def fix_of(title: Title, text: str, verdicts: Sequence[Verdict]) -> Fix:
    """Build a fix as text that mentions the remaining doubt, if any."""
    proven = Verdict.UNKNOWN not in verdicts
    doubts = () if proven else ("needed, but what the plan does not show decides whether it is enough",)
    return Fix(title=str(title.with_remarks(*doubts)), safety="review", proven=proven, hcl=text)


def doubt_words(judgements: Iterable[Judgement]) -> str:
    """Return what decides whether a change that is needed is enough."""
    causes = dict.fromkeys(
        each.waits_for
        if each.waits_for and each.reason is Reason.POLICY_NOT_READABLE
        else question_words(question_about(each.reason, each.waits_for))
        for each in judgements
        if each.verdict is Verdict.UNKNOWN
    )
    return f"it may not be enough: {'; '.join(causes)}"


def roles_as_text(lacking: Mapping[Address, Sequence[Answer]], places: FixPlaces) -> Iterator[tuple[Fix, Address]]:
    """Write an execution role for each task definition without one, if that allows what it lacks."""
    trial = with_execution_roles(places.world, lacking) if lacking else None
    for task, answers in lacking.items():
        text = role_as_text(task, answers, places)
        if text and trial is not None and all(trial.allows(each) for each in answers):
            yield Fix(title=f"set an execution role for {task}", safety="review", proven=True, hcl=text), task


def role_as_text(task: Address, answers: Sequence[Answer], places: FixPlaces) -> str:
    """Write an execution role for a task definition; empty if what it lacks cannot be written."""
    block, module = places.world.resolver.block(task), task.module
    is_passed = bool(module.steps) and block is not None and "execution_role_arn" in block.arguments
    who = module_reference(module) if is_passed else local_name(task)
    base = re.sub(r"\W+", "_", who.removeprefix("module.")).strip("_") if is_passed else task.name
    name, statements = f"{base}_execution", places.as_statements(answers, module.parent if is_passed else module)
    if statements is None:
        return ""
    new = NewRole(name, ("name", quote(name.replace("_", "-"))), "", "", statements)
    users = [f"# and in {who}:", f"#   execution_role_arn = {new.reference}.arn"]
    users = [f"# and pass it to {who}: {new.reference}.arn"] if is_passed else users
    return "\n".join([*role_hcl(new), "", *users])


def _policy_text(need: RoleNeed, places: FixPlaces, *, managed: bool) -> tuple[Title, str] | None:
    role = need.roles[0]
    module = role.address.module
    statements = places.as_statements(need.answers_by_role()[str(role.address)], module)
    if statements is not None and not places.is_from_elsewhere(module):
        policy = _repeat_policy(role.address, statements, places.world)
        policy = msgspec.structs.replace(policy, managed=managed or removes_other("aws_iam_role_policy", role))
        if any(removes_other(each, role) for each in policy.types):
            return None
        where = module_words(each.address.module for each in need.roles)
        kind = "a managed" if policy.managed else "an inline"
        return Title(f"add {kind} policy to {local_name(role.address)}{where}"), "\n".join(hcl(policy))
    while statements is None or places.is_from_elsewhere(module):
        if not module.steps:
            return None
        module = module.parent
        statements = places.as_statements(need.answers, module)
    called = ModulePath(role.address.module.steps[: len(module.steps) + 1])
    sources = places.world.resolver.module_sources(called)
    inputs = [each for each in (sources.variables() if sources else ()) if _INPUT.search(each)]
    through = (f"its inputs {', '.join(inputs)} can accept them",) if inputs else ()
    text = listing(statements, StatementStyle())
    return Title(f"grant these statements to the role where {module_reference(called)} is called", through), text


def _repeat_policy(role: Address, statements: Statements, world: After) -> NewPolicy:
    """Return a policy that is repeated like its role, which a key or a gate may remove."""
    base, key, label = role.resource, role.key, Labels().label(frozenset({str(role)}), None, role.name)
    if key is None:
        return NewPolicy(label, START_UP, f"{base}.id", statements)
    shared = share_statements([(InstanceTerms(key), statements)], by_value=False)
    statements = shared.statements if shared else statements
    siblings = (each.address for each in world.resources(role.type) if each.address.module == role.module)
    if isinstance(key, int) and sum(each.resource == base for each in siblings) == 1:
        return NewPolicy(label, START_UP, f"{base}[count.index].id", statements, ("count", f"length({base})"))
    written = quote(key) if isinstance(key, str) else key
    label = Labels().label(frozenset({str(role)}), None, role.name, key)
    chosen = f"{{ for key, role in {base} : key => role if key == {written} }}"
    return NewPolicy(label, START_UP, "each.value.id", use_each_key(statements), ("for_each", chosen))


class InDoubt:
    """What stays unknown although a role has exactly what it needs, and the changes that leave only that unknown.

    For example, a secret of another account has a policy of its own. The text is the change that would be made: it is
    written for its place, and was tried there.
    """

    def __init__(self, needs: Sequence[RoleNeed], world: After) -> None:
        self._doubts: dict[int, Judgement] = {}
        if needs:
            trial = exactly(needs, world)
            found = ((each, trial.judgement(each)) for need in needs for each in need.answers)
            self._doubts = {id(each): judged for each, judged in found if judged.verdict is Verdict.UNKNOWN}
        left = (need.restrict_to([each for each in need.answers if id(each) in self._doubts]) for need in needs)
        self.needs = [each for each in left if each.answers]

    def after(self, trial: Trial) -> Allows:
        """Return the test whether a change does for a call what a policy with exactly its permission would do."""

        def leaves_only_that(answer: Answer) -> bool:
            found, known = trial.judgement(answer), self._doubts[id(answer)]
            is_same = (found.reason, found.waits_for) == (known.reason, known.waits_for)
            return found.verdict is Verdict.UNKNOWN and is_same

        return leaves_only_that

    def fix(self, proposal: Proposal, answers: Iterable[Answer]) -> Fix:
        """Build a fix as text from the change for some answers."""
        title = proposal.title.with_remarks(f"needed, but {doubt_words(self._doubts[id(each)] for each in answers)}")
        return Fix(title=str(title), safety="review", proven=False, hcl=proposal.hcl)


def grants_elsewhere(
    answers: Iterable[Answer], world: After
) -> Iterator[tuple[Fix, tuple[Answer, ...], OtherStackAddress]]:
    """Write what roles of other stacks lack, with the fixed answers and the role.

    There is nothing for what even that would not allow, or where something in it is not known yet.
    """
    judge, tasks, labels = world.once(Judge), tasks_by_address(world), Labels()
    found: dict[OtherStackAddress, tuple[Role, list[Answer]]] = {}
    for answer in answers:
        role = judge.role(answer.requirement, tasks[answer.requirement.task_definition])
        if role is not None and isinstance(role.home, OtherStackAddress):
            found.setdefault(role.home, (role, []))[1].append(answer)
    for home, (role, lacking) in found.items():
        verdicts = verdicts_with(lacking, world)
        fixed = tuple(each for each in without_denied(lacking, verdicts) if needed_statements([each], _spell_known))
        statements = needed_statements(fixed, _spell_known)
        if fixed and statements is not None:
            name = free(START_UP, [taken for taken, _ in role.attached.inline], "-")
            label = labels.label(frozenset({str(home)}), None, home.name, home.key)
            policy = NewPolicy(label, name, f"{local_name(home)}.id", statements)
            where = module_words([home.module])
            title = Title(f"add an inline policy to {local_name(home)}{where} in the stack of {home.stack}")
            yield fix_of(title, "\n".join(hcl(policy)), verdicts), fixed, home


def _spell_known(value: TextLike) -> Spelled | None:
    return (value,) if isinstance(value, str) else None


_IN_FILE = "the role's other policy is read from `{}`, which tfcheck does not edit"
_OUTSIDE = "or add {}, which {} is made from"
#: Comments on lines of their own, those below each other as one.
_COMMENT = regex(r"^[ \t]*(?:(?:#|//)[^\n]*(?:\n[ \t]*(?:#|//)[^\n]*)*|/\*(?:[^*]++|\*(?!/))*+\*/)", re.MULTILINE)
_WORD = regex(rf'"[\w-]+:\w+"|{AWS_POLICY}')


def mention_file(need: RoleNeed, places: FixPlaces) -> tuple[str, ...]:
    """Return the remark on the file in another format that a policy of the roles is read from, if there is one."""
    for policy in places.policies.of_need(need):
        is_file = isinstance(policy.argument, FileText)
        file = policy.argument.source.name if is_file else file_of(policy.argument, policy.module)
        if file.endswith((".yaml", ".yml")) or (is_file and not places.policies.readable(policy)):
            return (_IN_FILE.format(file),)
    return ()


def mention_value(need: RoleNeed, places: FixPlaces) -> tuple[str, ...]:
    """Return the remark on the value outside the configuration that could grant what the only role lacks, if any."""
    attempts = places.world.once(Attempts)
    is_secret = any(each.requirement.sensitive for each in need.answers)
    for policy in places.policies.of(need.roles[0]) if len(need.roles) == 1 and not is_secret else ():
        wanted = places.as_statements(need.answers, policy.place.module) if attempts.take() else None
        data = StatementData(policy, places.policies.changes(policy), places.world.resolver)
        if wanted and (element := element_outside(data, wanted, attempts)):
            return (_OUTSIDE.format(element, policy.place.resource),)
    return ()


def commented_grant(need: RoleNeed, places: FixPlaces) -> tuple[str, ...]:
    """Return the remark on the comment with a grant that roles lack, or with their attachment, if there is one."""
    actions = {each.requirement.action for each in need.answers}
    words = {f'"{each}"' for each in actions} | ({AWS_POLICY} if actions & BY_AWS else set())
    blocks = [policy.block for policy in places.policies.of_need(need)]
    role = need.roles[0].address if need.roles else None
    module = places.world.resolver.module_sources(role.module) if role is not None else None
    named = re.compile(rf"\baws_iam_role\.{re.escape(role.name)}(?![\w-])") if role is not None else None
    for file in module.files if module is not None else ():
        own = [each for each in blocks if each is not None and each.source is file.source]
        for start, comment, mentioned in _comments(file.source):
            if mentioned.isdisjoint(words):
                continue
            # A comment in a policy of the roles, or one that names the first of them.
            is_inside = any(block.start <= start < block.end for block in own)
            if is_inside or (named is not None and named.search(comment)):
                place = file.source.place(start + len(comment) - len(comment.lstrip()))
                return (f"it is commented out at {place}",)
    return ()


@lru_cache(maxsize=256)
def _comments(source: SourceText) -> list[tuple[int, str, set[str]]]:
    """Return the comments of a file, where they begin, and their actions and names of AWS's policy."""
    return [(each.start(), each[0], set(_WORD.findall(each[0]))) for each in _COMMENT.finditer(source.text)]


def draft_of(case: Case, places: FixPlaces) -> DraftFix | None:
    """Return the current proposal of a case as a fix with its diff, and what a reviewer should know."""
    proposal = case.current
    if proposal is None:
        return None
    is_replaced = any(isinstance(each, Replacement) for each in proposal.insertions)
    kept = (KEPT_GRANTS.get(each.reason) for each in case.answers)
    remarks, title = [] if is_replaced else list(filter(None, kept))[:1], proposal.title
    if isinstance(case, RoleCase):
        title = title.with_remarks(*(mention_file(case.need, places) if proposal.added else ()))
        remarks += (*mention_value(case.need, places), *commented_grant(case.need, places))
    remarks += case.doubts
    safety, diff = "review" if remarks else proposal.safety, places.files.diff(proposal.insertions)
    fix = Fix(title=str(title.with_remarks(*remarks)), safety=safety, proven=True, hcl=proposal.hcl, diff=diff)
    return draft_fix(fix, case.answers, proposal)
