"""Find the value of an attribute of a resource instance after the change.

It is taken from the plan if that knows it, otherwise evaluated from the sources or from the plan's configuration. What
remains is `Unknown`, with its symbol.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from tfcheck.hcl.evaluate.scope import Scope, Seen
from tfcheck.plan import Instance, Plan, constant, is_masked
from tfcheck.plan.document import ResourceChange
from tfcheck.resolve import configuration_refs, derived
from tfcheck.resolve.attribute_shapes import assigned_family, grammar, hole_of, restrict_characters
from tfcheck.resolve.blocks import block_values, is_set_in_block, may_set
from tfcheck.resolve.computed import HASHED, AllTags, is_hash, password_secret, proven_by
from tfcheck.resolve.data_source_twin import DataSourceLookups
from tfcheck.resolve.declarations import CHANGED, DOCUMENT, Declarations, Doubted
from tfcheck.resolve.derived_instance import DerivedInstance
from tfcheck.resolve.evaluation import Evaluation, evaluate_all
from tfcheck.resolve.left_out import LeftOut, lacks_instances, left_out, may_lack_instances, with_lacking_instances
from tfcheck.resolve.merge import fill
from tfcheck.resolve.module_values import ModuleNames, NotWritten
from tfcheck.resolve.provider import Providers
from tfcheck.resolve.scope import ModuleScope, NamedInstances
from tfcheck.resolve.sensitive_parts import narrow_mark
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.resolve.survival import Survival
from tfcheck.symbolic.doubt import ASK_SOURCES, Hint, ask_sources_of
from tfcheck.symbolic.marks import has_mark, mark_all
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.sensitive_text import is_fully_marked
from tfcheck.symbolic.symbol import Named, Symbol
from tfcheck.symbolic.value import Hole, JsonText, PlainText, Truth, Unknown, Value, is_known
from tfcheck.vocabulary.address import Address, ModulePath, owner_of
from tfcheck.vocabulary.arn import Arn, parse_arn

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Module, Sources
    from tfcheck.hcl.syntax.block import Block

_POLICY_TEXTS = ("json", "minified_json")


class Resolver:
    """Answers for one plan, with its sources if available.

    Every value is worked out once. A reference that leads back to itself is unknown, never an endless loop.
    """

    def __init__(
        self,
        plan: Plan,
        sources: Sources | None = None,
        workspace: str | None = None,
        account: str | None = None,
        doubts: Iterable[Doubted] = (),
        given: Mapping[tuple[Address, str], Value] | None = None,
    ) -> None:
        """Build from the plan, its sources if any, and the workspace and account that the user gave.

        `doubts` are parts of the sources that the plan was not made from. `given` are the values of attributes that
        the plan does not know, where they are not to be evaluated.
        """
        self.plan = plan
        self.sources = sources
        self.workspace: Value = workspace or Unknown(
            symbol=Symbol(Named("terraform"), ("workspace",)), reason="the plan does not show the workspace"
        )
        self.account = account
        self.declarations = Declarations(plan, sources, doubts)
        self.evaluation = Evaluation({("attribute", *each): value for each, value in (given or {}).items()})
        self.names = ModuleNames(self.declarations, self.evaluation, self, self.workspace)
        self._candidates = ModuleNames(self.declarations, self.evaluation, self, self.workspace, follows=True)
        self.assumptions: list[str] = []
        self.contradictions: list[str] = []  # what the plan disproves
        self._around: dict[Address, Surroundings] = {}
        self._is_shortened = plan.has_changes and may_lack_instances(plan)
        self._instances = NamedInstances(self.declarations, self, self._may_lack)
        self.providers = Providers(self, account)
        self._all_tags = AllTags(self, self.providers)
        self._look_ups = DataSourceLookups(self)
        self.survival = Survival(plan, self.declarations, self.providers)

    @cached_property
    def possibly_left_out(self) -> Sequence[LeftOut]:
        """What the plan may leave out because of `-target` or a filter."""
        return tuple(with_lacking_instances(left_out(self.plan, self.sources), self))

    def _may_lack(self, address: Address) -> bool:
        """Whether the plan may lack instances of a block, in one module instance."""
        key = ("instances", address)
        return self._is_shortened and self.evaluation.once(key, lambda: lacks_instances(address, self)) is not False

    # What a resource is

    def attribute(self, address: Address, name: str) -> Value:
        """Return the value of an attribute after the change; None if it is not set or the instance is gone."""
        return evaluate_all(self.evaluation.once(("attribute", address, name), lambda: self._attribute(address, name)))

    def attribute_of(self, instance: Instance, name: str) -> Value:
        """Return the value of an attribute of a given instance, without looking it up again."""
        decided = instance.certain_attributes
        if name in decided and name not in HASHED:
            return decided[name]
        return self.attribute(instance.address, name)

    def is_configured(self, address: Address, name: str) -> bool | None:
        """Whether an argument is written for this resource; None if that is unknown."""
        block = self.block(address)
        if block is not None and not self._is_doubted(address, name):
            return name in block.attributes() or bool(block.blocks(name))
        config = self.declarations.config_resource(address)
        return name in config.expressions if config else None

    def is_set(self, address: Address, name: str) -> bool | None:
        """Whether an argument is written and not null; None if that is unknown.

        A dynamic block without elements is not written. `block.argument` is an argument of nested blocks.
        """
        name, _, inner = name.partition(".")
        if inner:
            block = None if self._is_doubted(address, name) else self.block(address)
            if block is not None and not may_set(block, f"{name}.{inner}"):
                return False
            return is_set_in_block(self.declarations.config_resource(address), name, inner)
        configured = self.is_configured(address, name)
        return self._argument(address, name) is not None if configured else configured

    def attribute_names(self, address: Address) -> Sequence[str] | None:
        """Return the attributes of an instance in the plan; None if it is not there."""
        instance = self.plan.instance(str(address))
        if instance and instance.after is not None:
            return list(instance.after)
        prior = self.plan.data(str(address))
        return list(prior.values) if prior else None

    def resource(self, module: ModulePath, mode: str, resource_type: str, name: str) -> Seen:
        """Return the value of a resource's name: an instance, or the list or map of its instances."""
        return self._instances.referent(module, mode, resource_type, name)

    def mask(self, address: Address, name: str) -> object:
        """Return the sensitivity mask of an attribute: true, or a mask of its elements."""
        instance = self.plan.instance(str(address))
        prior = None if instance else self.plan.data(str(address))
        mask = instance.after_sensitive if instance else prior.sensitive if prior else None
        return mask.get(name) if isinstance(mask, dict) else mask

    def module_sources(self, module: ModulePath) -> Module | None:
        """Return the sources of a module, if available."""
        return self.declarations.module_sources(module)

    def block(self, address: Address) -> Block | None:
        """Return the block that declares a resource, if the sources contain it."""
        return self.declarations.block(address)

    def surroundings(self, address: Address) -> Surroundings:
        """Return the partition, region and account of an instance."""
        if address not in self._around:
            around = self.providers.of(self.providers.key_of(address))
            own = self._own_region(address)
            # NOTE: if nothing is written, an unknown region is the provider's.
            is_own = (
                own if isinstance(own, str) else isinstance(own, PlainText) and self.is_configured(address, "region")
            )
            self._around[address] = msgspec.structs.replace(around, region=own) if is_own else around
        return self._around[address]

    def _own_region(self, address: Address) -> Value:
        """Return the region of a resource, an argument since version 6 of the provider; None without one."""
        written = self.attribute(address, "region") if self.is_configured(address, "region") else None
        if written is not None:
            return written
        instance = self.plan.instance(str(address))
        prior = None if instance is not None else self.plan.data(str(address))
        values = prior.values if prior is not None else (instance.after or instance.before) if instance else None
        return (values or {}).get("region")

    # How it is worked out

    def _attribute(self, address: Address, name: str) -> Seen:
        instance = self.plan.instance(str(address))
        if instance is None:
            prior = self.plan.data(str(address))
            if prior is None and address.type == DOCUMENT and self.block(address) is not None:
                # NOTE: filtered plans do not list what is read during apply.
                unlisted = Instance(address, ResourceChange(str(address)))
                return self._deferred_attribute(unlisted, name, NotWritten.ABSENT)
            if prior is None:
                return self._shape(address, name) or self._unknown(address, name, f"{address} is not in the plan")
            found: Value = prior.values.get(name)
            return found
        if instance.after is None:
            return None
        planned: Value | NotWritten = instance.after.get(name, NotWritten.ABSENT)
        is_secret = is_masked(instance.after_sensitive, name)
        if isinstance(planned, str) and name in HASHED and is_hash(planned):
            written = self.evaluate(address, name)
            return written if proven_by(planned, written) else planned
        if planned is not NotWritten.ABSENT and is_known(planned):
            # NOTE: Terraform marks a text completely; its sources show which part is meant.
            if is_secret and isinstance(planned, str) and is_fully_marked(planned) and self.block(address) is not None:
                return narrow_mark(planned, self.evaluate(address, name))
            return planned
        if address.mode == "data":
            found = self._deferred_attribute(instance, name, planned)
        else:
            found = self._complete(instance, name, planned)
        # NOTE: the plan marks it; if the evaluation of the sources does not, it has missed a mark.
        return found if not is_secret or has_mark(found) else mark_all(found)

    def _complete(self, instance: Instance, name: str, planned: Value | NotWritten) -> Value:
        """Fill in the unknown parts of a planned attribute."""
        address = instance.address
        if name == "tags_all" and isinstance(planned, Unknown) and (tags := self._all_tags.of(instance)) is not None:
            return tags
        if planned is NotWritten.ABSENT and not self.is_configured(address, name):
            return self._shape(address, name)
        known: Value = self._unknown(address, name) if planned is NotWritten.ABSENT else planned
        if self.is_configured(address, name):
            written = self._argument(address, name)
            if written is not None:
                value = fill(known, written)
                names = grammar(address.type, name, looked_up=address.mode == "data")
                return value if names is None else restrict_characters(value, names)
        if isinstance(known, Unknown):
            if address.type == "terraform_data" and name == "output":
                return self.attribute(address, "input")
            secret = password_secret(address.type, name, DerivedInstance(self, address))
            if secret is not None:
                return secret
            return self._shape(address, name) or self._unknown(address, name)
        return known

    def _deferred_attribute(self, instance: Instance, name: str, planned: Value | NotWritten) -> Value:
        """Return an attribute of a data source that is read only during apply."""
        address = instance.address
        if address.type == DOCUMENT and name in _POLICY_TEXTS:
            from tfcheck.resolve.deferred_data import policy_document

            return policy_document(self, instance)
        if address.type == "template_file" and name == "rendered":
            from tfcheck.resolve.deferred_data import render_template

            return render_template(self, address)
        if address.type == "aws_arn" and name in Arn.__struct_fields__:
            parts = parse_arn(arn) if isinstance(arn := self.attribute(address, "arn"), PlainText) else None
            return getattr(parts, name) if parts else self._unknown(address, name, f"{address} is read during apply")
        # NOTE: once a parameter is read, its name replaces the ARN or the version that it was looked up by.
        if self.is_configured(address, name) and (address.type, name) != ("aws_ssm_parameter", "name"):
            return self._complete(instance, name, planned)
        instead = self._look_ups.find_twin(address, name)
        if instead is not None:
            return self.attribute(*instead)
        if planned is NotWritten.ABSENT:
            # NOTE: each attribute of the provider's schema that is not null is planned, at least as unknown.
            return self._shape(address, name)
        if isinstance(planned, Unknown):
            return self._shape(address, name) or self._unknown(address, name, f"{address} is read during apply")
        return self._complete(instance, name, planned)

    def _shape(self, address: Address, name: str) -> Unknown | None:
        """Return a computed attribute as far as its form is certain."""
        shape = derived.shape(address.type, name, DerivedInstance(self, address))
        if shape is None or isinstance(shape, Unknown):
            return shape
        if isinstance(shape, JsonText):
            return None
        symbol = Symbol(address, (name,))
        return Unknown(symbol=symbol, shape=shape, hole=_hole(address, name), family=_family(address, name))

    def _unknown(self, address: Address, name: str, reason: str = Unknown().reason) -> Unknown:
        symbol = Symbol(address, (name,))
        return Unknown(symbol=symbol, reason=reason, hole=_hole(address, name), family=_family(address, name))

    def _argument(self, address: Address, name: str) -> Value:
        """Evaluate an argument; None if it is not written, null, or an empty list of blocks."""
        written = self.evaluate(address, name)
        block = self.block(address) if written == [] else None
        return None if block is not None and name not in block.attributes() else written

    def evaluate(self, address: Address, name: str) -> Value:
        """Evaluate an argument from the sources even if the plan knows it; None if it is not written."""
        block = self.block(address)
        if block is None:
            return self._configuration_value(address, name)
        self.evaluation.record(("argument", address, name))
        if self._is_doubted(address, name):
            config = self.declarations.config_resource(address)
            if config is not None and name not in config.expressions:
                return None
            is_constant, value = constant(config.expressions[name]) if config else (False, None)
            return value if is_constant else self._unknown(address, name, CHANGED)
        scope = self.scope_of(address)
        expression = block.attribute(name)
        if expression is not None:
            return self.evaluation.evaluate(expression, scope)
        return block_values(self.evaluation, block, name, scope) if block.blocks(name) else None

    def _is_doubted(self, address: Address, name: str) -> bool:
        return self.declarations.is_doubted("argument", address.module.config, address.resource, name)

    def _configuration_value(self, address: Address, name: str) -> Value:
        """Return the proven value of an argument in the plan's configuration; None if it is not written.

        A reference alone proves nothing: `replace(aws_iam_role.a.arn, "a", "b")` is kept as `aws_iam_role.a.arn`.
        """
        config = self.declarations.config_resource(address)
        json = config.expressions.get(name) if config else None
        if json is None or isinstance(json, list):
            return None
        is_constant, value = constant(json)
        if is_constant:
            return value
        seen = self.candidate(address, name)
        if self._is_confirmed(address, name, seen):
            return seen
        return Unknown(reason=configuration_refs.unproven(json, self.sources_hint(address.module)))

    def sources_hint(self, module: ModulePath) -> Hint:
        """Return which sources to pass so that the values in a module become known."""
        return ask_sources_of(module) if self.sources is not None and module.steps else ASK_SOURCES

    def candidate(self, address: Address, name: str) -> Value:
        """Return the value of the only reference in an argument of the plan's configuration; None if it is not written.

        It may be another one: an expression can also change what it refers to.
        """
        config = self.declarations.config_resource(address)
        json = config.expressions.get(name) if config else None
        if json is None or isinstance(json, list):
            return None
        scope = self._scope_of(address, self._candidates)
        return evaluate_all(self.evaluation.see_safely(configuration_refs.expression(json, name), scope))

    def _is_confirmed(self, address: Address, name: str, seen: Value) -> bool:
        """Whether the argument had the referenced attribute's value before the change and nothing known changes it."""
        instance = self.plan.instance(str(address))
        before = (instance.before or {}).get(name) if instance else None
        if before is None or not isinstance(seen, Unknown) or seen.symbol is None or len(seen.symbol.path) != 1:
            return False
        owner = owner_of(seen)
        referenced = self.plan.instance(str(owner)) if owner is not None else None
        former = (referenced.before or {}).get(str(seen.symbol.path[0])) if referenced else None
        return former == before and equal(seen, former) is not Truth.FALSE

    def scope_of(self, address: Address) -> Scope:
        """Return the names that the arguments of an instance can use."""
        return self._scope_of(address, self.names)

    def module_scope(self, module: ModulePath) -> Scope:
        """Return the names that all expressions of a module instance can use."""
        return ModuleScope(self.names, module)

    def _scope_of(self, address: Address, names: ModuleNames) -> Scope:
        if address.key is None:
            return ModuleScope(names, address.module)
        block = self.block(address)
        config = self.declarations.config_resource(address)
        for_each = block.attribute("for_each") if block else None
        json = config.for_each_expression if config and not block else None
        if self._is_doubted(address, "for_each"):
            for_each = json = None
        return names.instance_scope(address.module, address.key, address, for_each, json)

    def assume(self, assumption: str) -> None:
        """Record an assumption for the report, once."""
        if assumption not in self.assumptions:
            self.assumptions.append(assumption)


def _hole(address: Address, name: str) -> Hole:
    return hole_of(address.type, name, looked_up=address.mode == "data")


def _family(address: Address, name: str) -> str:
    return assigned_family(address.type, name) if address.mode == "managed" else ""
