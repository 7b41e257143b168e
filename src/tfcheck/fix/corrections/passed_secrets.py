"""Explain by which input of a module a container gets a credential from a secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tfcheck.checks.credential_in_environment import CHECK
from tfcheck.checks.mistake import Misconfiguration
from tfcheck.fix.edits.insertion import ChangedAttribute, Replacement
from tfcheck.fix.layout.new_block import argument_beside, insert_after
from tfcheck.fix.layout.render import quote
from tfcheck.fix.policies.fix_places import Finder
from tfcheck.fix.proof.plan_differences import unplanned_instances
from tfcheck.fix.proof.task_proof import needs_after, wrong_tasks
from tfcheck.fix.proof.trial import Trial, change_sources
from tfcheck.hcl.syntax.block import Block
from tfcheck.inventory.ecs import TaskDefinition, member, tasks_by_address
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Unknown
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Finding, Remedy

#: The parts of the remedy for a container: the secret, the container's entry, and the statement that grants it.
_PARTS = regex(r"(?P<secret>(?s:.*?))\s*# in the container,[^\n]*\n[^\n]*\s*(?P<grant>(?s:.*))")
_SECRET = regex(r"(aws_secretsmanager_secret)\.([\w-]+)\.arn")


class PassedSecrets(Finder):
    """Finds the inputs of modules that name the secrets of containers."""

    def remedies(self, findings: Iterable[Finding]) -> Iterator[tuple[Finding, Remedy]]:
        """Yield what to pass to the module of a task definition, as far as that is proven."""
        for finding, task, mistake in wrong_tasks(findings, [CHECK], self._world):
            remedy = self._passed(task, mistake, finding.remedy) if finding.remedy is not None else None
            yield from [(finding, remedy)] if remedy is not None else []

    def _passed(self, task: TaskDefinition, mistake: Misconfiguration, known: Remedy) -> Remedy | None:
        path, parts, secret = task.address.module, _PARTS.fullmatch(known.hcl), _SECRET.search(known.hcl)
        sources = self._resolver.module_sources(path.parent) if path.steps else None
        called, call = self._resolver.module_sources(path), sources.call(path.steps[-1].name) if sources else None
        if parts is None or secret is None or called is None or call is None or call.repetition is not None:
            return None
        name, new = str(mistake.about), Address(path.parent, "managed", secret[1], secret[2])
        for each in (one for one in called.variables() if "secret" in one):
            for value in (f"{{ {name} = {secret[0]} }}", f"[{{ name = {quote(name)}, valueFrom = {secret[0]} }}]"):
                after = self._after(task, call, each, value, parts["secret"], new)
                if after is not None and _has_secret(after, task, mistake.container, name):
                    module = f"module.{call.labels[0]}"
                    words = f"create a secret, put the value into it by hand, pass it to {module} by `{each}`"
                    lines = [parts["secret"], "", f"# in {module}, in place of the value", f"{each} = {value}"]
                    if all(after.allows(need) for need in needs_after(task.address, after)):
                        return Remedy(words.replace(", pass", ", and pass"), "\n".join(lines))
                    return Remedy(
                        f"{words}, and let the execution role read it", "\n".join([*lines, "", parts["grant"]])
                    )
        return None

    def _after(
        self, task: TaskDefinition, call: Block, name: str, value: str, secret: str, new: Address
    ) -> Trial | None:
        argument = call.arguments.get(name)
        edit = argument_beside(call, name, value) if argument is None else None
        if argument is not None:
            edit = Replacement(argument.source, argument.value_start, value, argument.text)
        if edit is None or self._resolver.sources is None:
            return None
        sources = change_sources(self._resolver.sources, [edit, insert_after(call, secret.split("\n"))])
        touched = [ChangedAttribute(task.address, "container_definitions")]
        touched += [
            ChangedAttribute(each.address, "policy")
            for each in self._world.resources("aws_iam_role_policy", "aws_iam_policy")
            if each.address.module == task.address.module
        ]
        added = unplanned_instances(task.address.module, Resolver(self._resolver.plan, sources))
        return Trial(self._resolver, sources, touched, [new, *added], context=self._world.context)


def _has_secret(after: Trial, task: TaskDefinition, container: str | None, name: str) -> bool:
    changed = tasks_by_address(after.world).get(str(task.address))
    for each in changed.containers if changed is not None else ():
        listed = each.members("secrets") if each.name == container else ()
        if not isinstance(listed, Unknown) and any(member(one, "name") == name for one in listed):
            return True
    return False
