"""Write and name new policies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import groupby

import msgspec

from tfcheck.fix.edits.insertion import Insertion, unit_of
from tfcheck.fix.layout import new_block
from tfcheck.fix.layout.new_block import block_lines, instance_index
from tfcheck.fix.layout.render import Item, StatementStyle, align, block, quote, statement, style_of_blocks
from tfcheck.fix.needed_statements import NeededStatement, assume_role, free
from tfcheck.fix.text.policy_text import DOCUMENT, object_at
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import InstanceKey, ModulePath
from tfcheck.vocabulary.clipping import few

#: Arguments that a new role shares with the module's other roles.
_GIVEN = regex(r"(?:var|local|module|data)(?:\.[\w-]+)+|\"[\w/-]+\"|\d+")
_TRUST = regex(r"data\.aws_iam_policy_document\.[\w-]+(?:\[0\])?\.json|local\.[\w-]+")
_FAMILY = regex(r'(?:var|local|module)(?:\.[\w-]+)+|"(?:[\w-]++|\$\{\s*(?:var|local|module)(?:\.[\w-]+)+\s*\})++"')
#: Names of task definitions without information.
_PLAIN_NAMES = ("this", "main", "default", "task", "task_definition", "ecs_task", "ecs_task_definition")
#: The resources with the text of a policy for roles.
WITH_TEXT = ("aws_iam_role_policy", "aws_iam_policy")
_IS_DOCUMENT = regex(rf"data\.{DOCUMENT}\.([\w-]+)")
#: The characters that IAM accepts in a role's name, and at its beginning.
_LONGEST, LONGEST_PREFIX = 64, 38


class NewRole(msgspec.Struct, frozen=True):
    """An execution role to create.

    `name` is the argument with its name, `trust` an expression, or empty for a new document. `repeated` is `count` or
    `for_each` with its expression, `managed` the attached AWS policy, `wanted` the other permissions, whose policy is
    there only with a `gate`. The arguments have the order and the blank lines of those of the role `like` it, and the
    policy is in the style of `document`, if there is one.
    """

    label: str
    name: tuple[str, str]
    trust: str
    managed: str
    wanted: tuple[NeededStatement, ...]
    repeated: tuple[str, str] | None = None
    provider: str = ""
    common: tuple[tuple[str, str], ...] = ()
    gate: str = ""
    like: Block | None = None
    document: Block | None = None

    @property
    def reference(self) -> str:
        """The expression for the role in an equally repeated block."""
        return f"{ROLE}.{self.label}{instance_index(self.repeated)}"

    @property
    def types(self) -> tuple[str, ...]:
        """The resource types that it needs, the role first."""
        return (ROLE, *([ATTACHMENT] if self.managed else []), *([POLICY] if self.wanted else []))


def _head(kind: str, label: str) -> str:
    return f'resource "{kind}" "{label}"'


def role_hcl(role: NewRole, unit: str = "  ") -> list[str]:
    """Write the resource blocks of a role."""
    inside = _arguments_like(role.like, [role.name, ("assume_role_policy", role.trust), *role.common])
    if not role.trust:
        trust = [assume_role("ecs-tasks.amazonaws.com")]
        inside = [*align([role.name]), "", *document_lines("assume_role_policy", trust, unit, sid=False)]
        inside += ["", *align(role.common)] if role.common else []
    resource = partial(block_lines, unit=unit, repeated=role.repeated, provider=role.provider)
    lines = resource(_head(ROLE, role.label), inside)
    if role.managed:
        inside = [f"role       = {role.reference}.name", f"policy_arn = {role.managed}"]
        lines += ["", *resource(_head(ATTACHMENT, role.label), inside)]
    if role.wanted:
        repeated = ("count", f"{role.gate} ? 1 : 0") if role.gate else role.repeated
        policy = NewPolicy(role.label, START_UP, f"{role.reference}.id", role.wanted, repeated, role.provider)
        policy = msgspec.structs.replace(policy, like=role.document)
        lines += ["", *hcl(policy, unit)]
    return lines


def _arguments_like(block: Block | None, arguments: Sequence[tuple[str, str]]) -> list[str]:
    """Write arguments in the order and the groups that a block has them in; others come last."""
    groups = [[each.name for each in group] for group in new_block.argument_groups(block)] if block else []
    places = {name: (place, number) for place, names in enumerate(groups) for number, name in enumerate(names)}
    places |= {"name_prefix": places.get("name", (0, 0)), "name": places.get("name", places.get("name_prefix", (0, 0)))}
    last, number = max(places.values())
    placed = sorted(((places.get(each[0], (last, number + 1)), each) for each in arguments), key=lambda each: each[0])
    written = [align([each for _, each in several]) for _, several in groupby(placed, key=lambda each: each[0][0])]
    return [line for lines in written for line in ("", *lines)][1:]


# The module's style for roles


def roles_of(module: Module) -> Iterator[Block]:
    """Yield the blocks of roles in a module, in source order."""
    yield from (each for each in module.blocks if each.type == "resource" and each.labels[:1] == (ROLE,))


def trusts(module: Module) -> list[str]:
    """Return the trust policy expressions of the module's roles; the last one is empty, for a new document."""
    found = (each.attribute_text("assume_role_policy") for each in roles_of(module))
    return [*dict.fromkeys(each for each in found if _TRUST.fullmatch(each)), ""]


def common_arguments(
    known: Sequence[Block], task: Block, names: Sequence[str] = ("path", "permissions_boundary", "tags")
) -> tuple[tuple[str, str], ...]:
    """Return the arguments common to all roles of a module, such as path and tags; otherwise the task's tags."""
    found: list[tuple[str, str]] = []
    for name in names:
        texts = {each.attribute_text(name) for each in known or ([task] if name == "tags" else [])}
        only = texts.pop() if len(texts) == 1 else ""
        found += [(name, only)] if _GIVEN.fullmatch(only) else []
    return tuple(found)


@lru_cache(maxsize=16)
def document_beside(module: Module | None) -> Block | None:
    """Return the last document of a policy in a module; None unless all of its policies are documents."""
    resources = (each for each in (module.blocks if module else ()) if each.type == "resource")
    blocks = [each for each in resources if each.labels[0] in WITH_TEXT]
    named = [_IS_DOCUMENT.match(each.attribute_text("policy")) for each in blocks]
    last = named[-1] if named and None not in named else None
    found = module.resource("data", DOCUMENT, last[1]) if module and last else None
    return None if isinstance(found, JsonBlock) else found


def place_for_roles(module: Module, task: Block, editable: Sequence[str]) -> Block:
    """Return the block to insert a new role after: the last IAM block near other roles, otherwise the task's."""
    found = [each for each in roles_of(module) if each.source.name in editable and not isinstance(each, JsonBlock)]
    same = [each for each in found if each.source is task.source]
    if not found:
        return task
    source = (same or found)[-1].source
    kinds = [each for each in module.blocks if each.source is source]
    return [each for each in kinds if each.type == "resource" and each.labels[0].startswith("aws_iam_")][-1]


def label_for(task: str, taken: frozenset[str]) -> str:
    """Return an unused label for the role of a task definition."""
    base = "execution" if task in _PLAIN_NAMES else f"{re.sub(r'_(?:task(?:_definition)?)$', '', task)}_execution"
    return free(base, taken, "_")


def name_for(label: str, task: Block, family: object, *, several: bool, repeated: bool) -> tuple[str, str]:
    """Return names for a role after the family, or the name that a call passes, as unique as it is, or a prefix."""
    text = task.attribute_text("name" if task.type == "module" else "family")
    fits = not isinstance(family, str) or len(f"{family}-execution") <= _LONGEST
    uses = "${" in text or not text.startswith('"')
    is_own = "each." in text or "count." in text
    plain = repeated and re.fullmatch(r"each\.key|\"(?:[\w-]|\$\{(?:each\.key|(?:var|local)(?:\.[\w-]+)+)\})+\"", text)
    if fits and (plain or (_FAMILY.fullmatch(text) and not is_own)) and (uses or not several):
        inner = text[1:-1] if text.startswith('"') else f"${{{text}}}"
        return "name", f'"{inner}-execution"'
    base = label.replace("_", "-")
    if several:
        return "name_prefix", quote(f"{base[: LONGEST_PREFIX - 1]}-")
    return "name", quote(base)


#: The name of a suggested inline policy.
START_UP = "ecs-start-up"
ROLE, POLICY, ATTACHMENT = "aws_iam_role", "aws_iam_role_policy", "aws_iam_role_policy_attachment"


class NewPolicy(msgspec.Struct, frozen=True):
    """A policy to create: `label` and `name` are unused so far, `role` is an expression for the role's name.

    `repeated` is the expression of `for_each` or `count`; `provider` the provider configuration, if it is not the
    default. With `managed` it becomes a customer managed policy with an attachment, since the role removes inline
    policies. `prefix` is a template that begins the names of the role's other policies. With `like` its text is an
    `aws_iam_policy_document` in the style of that one.
    """

    label: str
    name: str
    role: str
    wanted: tuple[NeededStatement, ...]
    repeated: tuple[str, str] | None = None
    provider: str = ""
    managed: bool = False
    prefix: str = ""
    like: Block | None = None

    @property
    def types(self) -> tuple[str, ...]:
        """The resource types that it needs."""
        if self.managed:
            return ("aws_iam_policy", ATTACHMENT)
        return (POLICY,)


def insert_after(anchor: Block, policy: NewPolicy) -> tuple[Insertion, ...] | None:
    """Insert the policy after a block of the same file; None if that is JSON."""
    return None if isinstance(anchor, JsonBlock) else (new_block.insert_after(anchor, hcl(policy, unit_of(anchor))),)


def hcl(policy: NewPolicy, unit: str = "  ") -> list[str]:
    """Write the resource blocks of the policy."""
    resource = partial(block_lines, unit=unit, repeated=policy.repeated, provider=policy.provider)
    document, text = list[str](), ["", *document_lines("policy", policy.wanted, unit)]
    written: list[Item] = []
    if policy.like is not None:
        document, text = [*_document(policy, policy.like, unit), ""], []
        written = [("policy", f"data.{DOCUMENT}.{policy.label}{instance_index(policy.repeated)}.json")]
    if not policy.managed:
        arguments = [("name", f'"{policy.prefix}{policy.name}"'), ("role", policy.role), *written]
        return [*document, *resource(_head(POLICY, policy.label), [*align(arguments), *text])]
    arn = f"aws_iam_policy.{policy.label}{instance_index(policy.repeated)}.arn"
    attachment = align([("role", re.sub(r"\.id$", ".name", policy.role)), ("policy_arn", arn)])
    named = align([("name_prefix", f'"{policy.prefix}{policy.name}-"'), *written])
    return [
        *document,
        *resource(_head("aws_iam_policy", policy.label), [*named, *text]),
        "",
        *resource(_head(ATTACHMENT, policy.label), attachment),
    ]


def _document(policy: NewPolicy, like: Block, unit: str) -> list[str]:
    """Write the `aws_iam_policy_document` of a policy."""
    style = msgspec.structs.replace(style_of_blocks(like, like.nested), unit=unit)
    statements = [["", *block(each, style)] for each in policy.wanted]
    inside = [line for each in statements for line in each][1:]
    return block_lines(f'data "{DOCUMENT}" "{policy.label}"', inside, unit, repeated=policy.repeated)


def document_lines(name: str, wanted: Sequence[NeededStatement], unit: str, *, sid: bool = True) -> list[str]:
    """Write an argument with a policy in `jsonencode`."""
    gates = dict.fromkeys(sorted((each.gate for each in wanted), key=bool))
    lists: list[tuple[str, list[str]]] = []
    for gate in gates:
        own = [each for each in wanted if each.gate == gate]
        # NOTE: the objects of a conditional list are to have the same type.
        is_mixed = bool(gate) and len(own) > 1
        listed_actions = is_mixed and any(len(each.actions) > 1 for each in own)
        listed_resources = is_mixed and any(len(each.resources) > 1 or each.resource_list for each in own)
        style = StatementStyle(sid=sid, lists=listed_actions, resource_lists=listed_resources, unit=unit)
        written = [statement(each, style) for each in own]
        lines = [unit + line for each in written for line in (*each[:-1], f"{each[-1]},")]
        lists.append((gate, ["[", *lines, "]"]))
    listed = lists[0][1]
    if any(gates):
        given = [[f"{gate} ? {each[0]}", *each[1:-1], "] : []"] if gate else each for gate, each in lists]
        listed = ["concat(", *(unit + line for each in given for line in (*each[:-1], f"{each[-1]},")), ")"]
    inside = ['Version = "2012-10-17"', f"Statement = {listed[0]}", *listed[1:]]
    return [f"{name} = jsonencode({{", *(unit + line for line in inside), "})"]


class _Use(msgspec.Struct, frozen=True):
    """The use of a label: the roles, and the rules that need the policy."""

    roles: frozenset[str]
    rules: frozenset[str]

    def is_same(self, other: _Use) -> bool:
        """Whether both are for the same policy, or for an earlier attempt at it."""
        return self == other or bool(self.roles & other.roles and self.rules & other.rules)


class Labels:
    """The labels of new resources, unique within each module."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], _Use] = {}
        self._by_role: dict[str, list[tuple[str, str]]] = {}
        self._written: set[tuple[str, str]] = set()
        self._known: dict[int, frozenset[str]] = {}

    def label(
        self,
        roles: frozenset[str],
        sources: Module | None,
        name: str,
        key: InstanceKey = None,
        rules: frozenset[str] = frozenset(),
    ) -> str:
        """Return the label of a policy after its role, or after the module call that creates the role.

        A role may have several policies, for different rules.
        """
        use = _Use(roles, rules)
        parts = [name, "" if key is None else str(key)]
        base = re.sub(r"[^A-Za-z0-9_]+", "_", "_".join(filter(None, parts))).strip("_") or "role"
        base = base if not base[0].isdigit() else f"role_{base}"
        declared, module = self._declared_labels(sources), sources.directory if sources else ""
        label, number = f"{base}_start_up", 2
        while label in declared or self._is_for_others((module, label), use):
            label, number = f"{base}_start_up_{number}", number + 1
        if (module, label) not in self._given:
            self._given[module, label] = use
            for role in roles:
                self._by_role.setdefault(role, []).append((module, label))
        return label

    def names_for_others(self, roles: frozenset[str], rules: frozenset[str]) -> frozenset[str]:
        """Return the label suffixes of the policies for other rules that any of the roles has: `-2`."""
        used = {place for role in roles for place in self._by_role.get(role, ())}
        others = (label for module, label in used if self._is_for_others((module, label), _Use(roles, rules)))
        return frozenset(f"-{label.rpartition('_')[2]}" if label[-1].isdigit() else "" for label in others)

    def keep(self, sources: Module | None, label: str) -> None:
        """Record that a policy with this label is written: no other policy gets it, not even one for the same use."""
        self._written.add((sources.directory if sources else "", label))

    def _is_for_others(self, place: tuple[str, str], use: _Use) -> bool:
        return place in self._written or not self._given.get(place, use).is_same(use)

    def _declared_labels(self, sources: Module | None) -> frozenset[str]:
        if id(sources) not in self._known:
            self._known[id(sources)] = sources.taken_labels("aws_iam_") if sources else frozenset()
        return self._known[id(sources)]


def module_reference(module: ModulePath) -> str:
    """Write a module instance as the calling module does."""
    step = module.steps[-1]
    key = "" if step.key is None else f"[{step.key}]" if isinstance(step.key, int) else f"[{quote(step.key)}]"
    return f"module.{step.name}{key}"


def module_words(modules: Iterable[ModulePath]) -> str:
    """Return the first of the module instances that a fix edits and the number of others; empty for the root module."""
    names = list(dict.fromkeys(str(each) for each in modules if each.steps))
    return f" in {few(names, 1)}" if names else ""


def passed_provider(call: Block) -> str:
    """Return the provider configuration that a call passes as the default one, if it does."""
    argument = call.arguments.get("providers")
    parts = object_at(argument.source.text, argument.value_start) if argument is not None else None
    return parts.text_of("aws", argument.source.text).strip('"') if argument is not None and parts is not None else ""


def rename_taken_sids(statements: Sequence[NeededStatement], words: frozenset[str]) -> tuple[NeededStatement, ...]:
    """Return statements whose Sids are unique in a document, in which equal ones replace each other."""
    taken = set(words)
    found: list[NeededStatement] = []
    for each in statements:
        found.append(msgspec.structs.replace(each, sid=free(each.sid, taken)))
        taken.add(found[-1].sid)
    return tuple(found)
