"""Explain by which input of a module a container gets a credential from a secret."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tfcheck.checks.credential_in_environment import CHECK
from tfcheck.checks.remedies import NewSecret, secret_for
from tfcheck.fix.edits.insertion import ChangedAttribute, Replacement
from tfcheck.fix.layout.new_block import argument_beside, insert_after
from tfcheck.fix.layout.render import quote
from tfcheck.fix.policies.fix_places import Finder
from tfcheck.fix.policies.written_policies import policies_of
from tfcheck.fix.proof.plan_differences import unplanned_instances
from tfcheck.fix.proof.task_proof import needs_after, wrong_tasks
from tfcheck.fix.proof.trial import Trial, change_sources
from tfcheck.hcl.syntax.block import Block
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.resolve import Resolver
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Finding, Remedy, Verdict

_SECRET = "aws_secretsmanager_secret"


class PassedSecrets(Finder):
    """Finds the inputs of modules that name the secrets of containers."""

    def remedies(self, findings: Iterable[Finding]) -> Iterator[tuple[Finding, Remedy]]:
        """Yield what to pass to the module of a task definition, as far as that is proven."""
        for finding, task, mistake in wrong_tasks(findings, [CHECK], self._world):
            path, has_hcl = task.address.module, finding.remedy is not None and finding.remedy.hcl
            sources = self._resolver.module_sources(path.parent) if path.steps and has_hcl else None
            call = sources.call(path.steps[-1].name) if sources is not None else None
            if call is not None and call.repetition is None:
                ways = self._ways(task, call, str(mistake.about), secret_for(mistake, task))
                yield from ((finding, each) for each in list(ways)[:1])

    def _ways(self, task: TaskDefinition, call: Block, name: str, secret: NewSecret) -> Iterator[Remedy]:
        called, module = self._resolver.module_sources(task.address.module), f"module.{call.labels[0]}"
        if called is None:
            return
        arn = f"{_SECRET}.{secret.label}.arn"
        for each in (one for one in called.variables() if "secret" in one):
            for value in (f"{{ {name} = {arn} }}", f"[{{ name = {quote(name)}, valueFrom = {arn} }}]"):
                needed = list(self._verdicts(task, call, each, value, secret))
                words = f"create a secret, put the value into it by hand, and pass it to {module} by `{each}`"
                written = f"{secret.block}\n\n# in {module}, in place of the value\n{each} = {value}"
                if needed and all(verdict is Verdict.ALLOWED for verdict in needed):
                    yield Remedy(words, written)
                elif needed:
                    yield Remedy(f"{words}; let the execution role read it", f"{written}\n\n{secret.grant}")

    def _verdicts(
        self, task: TaskDefinition, call: Block, name: str, value: str, secret: NewSecret
    ) -> Iterator[Verdict]:
        """Yield whether the container is allowed to read a secret that its module is passed; nothing if it does not."""
        argument, path = call.arguments.get(name), task.address.module
        edit = argument_beside(call, name, value) if argument is None else None
        if argument is not None:
            edit = Replacement(argument.source, argument.value_start, value, argument.text)
        if edit is None or self._resolver.sources is None:
            return
        new = Address(path.parent, "managed", _SECRET, secret.label)
        sources = change_sources(self._resolver.sources, [edit, insert_after(call, secret.block.split("\n"))])
        touched = [ChangedAttribute(task.address, "container_definitions"), *policies_of(path, self._world)]
        added = unplanned_instances(path, Resolver(self._resolver.plan, sources))
        after = Trial(self._resolver, sources, touched, [new, *added], context=self._world.context)
        for need in needs_after(task.address, after):
            if f"{new.resource}.arn" in need.requirement.shown_resource:
                yield after.verdict(need)
