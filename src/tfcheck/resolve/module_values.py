"""The values of variables, locals, outputs and module calls."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from typing import TYPE_CHECKING, Any

import msgspec

from tfcheck.hcl.evaluate.scope import EvaluationError, Referent, Scope, Seen
from tfcheck.hcl.syntax.expression import Expression
from tfcheck.plan import ConfigModule, ModuleCall, Plan, constant
from tfcheck.resolve import configuration_refs
from tfcheck.resolve.declared import declared_output, declared_variable
from tfcheck.resolve.doubts import CHANGED, Doubts
from tfcheck.resolve.references import follow
from tfcheck.resolve.scope import CallReferent, Elements, InstanceScope, ModuleReferent, ModuleScope
from tfcheck.resolve.symbols import as_keys, not_nullable, symbol_of
from tfcheck.resolve.worked_out import WorkedOut
from tfcheck.symbolic.marks import marked_strings
from tfcheck.symbolic.value import JsonText, Set, Symbol, Text, Unknown, Value
from tfcheck.vocabulary.address import Address, InstanceKey, ModulePath

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Module, Sources
    from tfcheck.hcl.syntax.block import Block


class Absence(Enum):
    """Nothing is written: not even null."""

    ABSENT = "absent"


_ABSENT = Absence.ABSENT


class ModuleNames(WorkedOut):
    """Everything that has a name in a module but is not a resource."""

    workspace: Value

    def __init__(self, plan: Plan, sources: Sources | None) -> None:
        """Build from the plan and, where they are at hand, its sources."""
        super().__init__()
        self.plan = plan
        self.sources = sources
        self.doubts = Doubts()
        self.secrets: set[str] = set()  # what was found marked while evaluating

    @abstractmethod
    def resource(self, module: ModulePath, mode: str, resource_type: str, name: str) -> Seen:
        """Return what the name of a resource is."""

    @abstractmethod
    def attribute(self, address: Address, name: str) -> Value:
        """Return the value of an attribute of a resource instance."""

    @abstractmethod
    def attribute_names(self, address: Address) -> Sequence[str] | None:
        """List the attributes of a resource instance."""

    # Where things are written

    def module_sources(self, module: ModulePath) -> Module | None:
        """Return the sources of a module, where they are at hand."""
        return self.sources.module(module.config) if self.sources else None

    def source_texts(self) -> Iterator[str]:
        """Return the text of every source file of the plan's modules that is at hand."""
        for path in {each.config for each in self.plan.module_instances()} | {()}:
            module = self.sources.module(path) if self.sources else None
            for file in module.files if module else ():
                yield file.source.text

    def config_module(self, module: ModulePath) -> ConfigModule | None:
        """Return what the plan's configuration keeps of a module."""
        found = self.plan.configuration
        for name in module.config:
            call = found.calls.get(name) if found else None
            found = call.module if call else None
        return found

    def _config_call(self, module: ModulePath) -> ModuleCall | None:
        parent = self.config_module(module.parent)
        return parent.calls.get(module.steps[-1].name) if parent else None

    def _call_block(self, module: ModulePath) -> Block | None:
        parent = self.module_sources(module.parent)
        return parent.call(module.steps[-1].name) if parent else None

    # What names are

    def variable(self, module: ModulePath, name: str) -> Seen:
        """Return the value of an input variable in one module instance."""
        return self._once(("var", module, name), lambda: declared_variable(self, module, name))

    def local(self, module: ModulePath, name: str) -> Seen:
        """Return a local value of one module instance."""
        return self._once(("local", module, name), lambda: self._local(module, name))

    def output(self, module: ModulePath, name: str) -> Seen:
        """Return an output of one module instance.

        Raises:
            EvaluationError: the module definitely has no such output.
        """
        return self._once(("output", module, name), lambda: declared_output(self, module, name))

    def output_names(self, module: ModulePath) -> Sequence[str] | None:
        """List a module's outputs, None where neither sources nor configuration show them."""
        config = self.config_module(module)
        return sorted(config.outputs) if config else None

    def call(self, module: ModulePath, name: str) -> Seen:
        """Return what `module.name` is: one module instance, or the list or map of them."""
        return self._once(("module", module, name), lambda: self._call(module, name))

    def path(self, module: ModulePath, name: str) -> Seen:
        """Return `path.module`, `path.root` or `path.cwd`."""
        if name == "root":
            return "."
        sources = self.module_sources(module)
        if name == "module" and sources is not None:
            return sources.directory
        return Unknown(symbol=Symbol(f"{module}.path", (name,)), reason=f"path.{name} is not in the plan")

    # How they are worked out

    def unmarked_variable(self, module: ModulePath, name: str) -> Seen:
        """Return the value of an input variable, as if it were not declared as sensitive."""
        sources = self.module_sources(module)
        block = sources.variable(name) if sources else None
        given = self._given(module, name)
        if given is _ABSENT or (given is None and block is not None and not_nullable(block)):
            given = self._default(module, name, block)
        if block is None:
            return given
        wanted = block.attribute("type")
        return self._converted(given, wanted) if wanted is not None else given

    def _given(self, module: ModulePath, name: str) -> Seen | Absence:
        if not module.steps:
            if name not in self.plan.variables and self.plan.redacted:
                # NOTE: any other plan shows all variables, those with defaults too: the default need not be the value.
                return self._nameless(module, "var", name, f"a redacted plan does not show var.{name}")
            return self.plan.variables.get(name, _ABSENT)
        if self.doubts.about("var", module.config, name):
            return self._doubted_argument(module, name)
        block = self._call_block(module)
        scope = self._call_scope(module)
        if block is not None:
            expression = block.attribute(name)
            return _ABSENT if expression is None else self.see_safely(expression, scope)
        call = self._config_call(module)
        if call is None:
            return self._nameless(module, "var", name, "the plan shows no call of this module")
        if name not in call.expressions:
            return _ABSENT
        return self._followed(call.expressions[name], name, scope, module, "var")

    def _doubted_argument(self, module: ModulePath, name: str) -> Seen | Absence:
        """Return what the plan keeps of an argument of a module call, where the sources have another."""
        call = self._config_call(module)
        if call is not None and name not in call.expressions:
            return _ABSENT
        is_constant, value = constant(call.expressions[name]) if call else (False, None)
        return value if is_constant else self._nameless(module, "var", name, CHANGED)

    def _default(self, module: ModulePath, name: str, block: Block | None) -> Seen:
        if block is not None and not self.doubts.about("default", module.config, name):
            expression = block.attribute("default")
            if expression is not None:
                return self.see_safely(expression, ModuleScope(self, module))
        else:
            config = self.config_module(module)
            variable = config.variables.get(name) if config else None
            if variable is not None and variable.has_default:
                default: Value = variable.default
                return default
        return self._nameless(module, "var", name, f"the plan contains no value of var.{name}")

    def _converted(self, given: Seen, wanted: Expression) -> Seen:
        """Convert a variable's value to its declared type; a resource or module that is handed over stays unopened."""
        from tfcheck.hcl.evaluate.convert import convert
        from tfcheck.hcl.evaluate.declaration import declared
        from tfcheck.hcl.evaluate.marking import Marked, bare, mark_if

        is_secret, given = isinstance(given, Marked), bare(given)
        if isinstance(given, Unknown) or hasattr(given, "whole"):
            return mark_if(is_secret, given)
        try:
            return mark_if(is_secret, convert(self.whole(given), declared(wanted)))
        except EvaluationError as error:
            return Unknown(reason=f"evaluation error: {error}", where=str(wanted.place))

    def _local(self, module: ModulePath, name: str) -> Seen:
        sources = self.module_sources(module)
        if sources is None:
            return self._nameless(module, "local", name, f"local.{name} is not in the plan, and there are no sources")
        if self.doubts.about("local", module.config, name):
            return self._nameless(module, "local", name, CHANGED)
        expression = sources.local(name)
        if expression is None:
            raise EvaluationError(f"there is no local.{name}")
        return self._named(module, "local", name, self.see_safely(expression, ModuleScope(self, module)))

    def unmarked_output(self, module: ModulePath, name: str) -> Seen:
        """Return an output, as if it were not declared as sensitive."""
        scope = ModuleScope(self, module)
        sources = self.module_sources(module)
        if self.doubts.about("output", module.config, name):
            return self._nameless(module, "output", name, CHANGED)
        if sources is not None:
            block = sources.output(name)
            value = block.attribute("value") if block else None
            if value is None:
                raise EvaluationError(f"{module} has no output {name}")
            return self._named(module, "output", name, self.see_safely(value, scope))
        config = self.config_module(module)
        if config is None or name not in config.outputs:
            return self._nameless(module, "output", name, f"the plan does not show the outputs of {module}")
        return self._followed(config.outputs[name], name, scope, module, "output")

    def _followed(self, json: Any, name: str, scope: Scope, module: ModulePath, kind: str) -> Seen:
        """Follow what the configuration keeps of an expression, as far as that is sure."""
        is_constant, known = constant(json)
        if is_constant:
            value: Value = known
            return value
        if not self._following:
            return self._nameless(module, kind, name, configuration_refs.unproven(json))
        return self.see_safely(configuration_refs.expression(json, name), scope)

    def _call(self, module: ModulePath, name: str) -> Seen:
        keys = self._call_keys(module, name)
        if isinstance(keys, Unknown):
            return keys
        if keys is None:
            return ModuleReferent(self, module.child(name))
        return CallReferent(self, module, name, keys)

    def _call_keys(self, module: ModulePath, name: str) -> list[str] | int | None | Unknown:
        """List the instance keys of a module call; None for a call without count and for_each."""
        written = self._written_keys(module.child(name))
        planned = [
            path.steps[-1].key
            for path in self.plan.module_instances()
            if path.steps and path.parent == module and path.steps[-1].name == name
        ]
        # NOTE: `count = 2 * var.n` is kept as `var.n`: the instances that are planned know better.
        is_open = isinstance(written, Unknown) or self._call_block(module.child(name)) is None
        if written is None or (planned and planned != [None] and is_open):
            return as_keys(planned) if planned else written
        return written

    def _written_keys(self, module: ModulePath) -> list[str] | int | None | Unknown:
        if self.doubts.about("repetition", module.config):
            return self._unclear(module)
        count, for_each = self._repetition(module)
        if count is not None:
            number = self.see_safely(count, ModuleScope(self, module.parent))
            return number if isinstance(number, int) else self._unclear(module)
        if for_each is not None:
            return self._keys_of(self._elements(module, for_each), module)
        return None

    def _repetition(self, module: ModulePath) -> tuple[Expression | None, Expression | None]:
        block = self._call_block(module)
        if block is not None:
            return block.attribute("count"), block.attribute("for_each")
        call = self._config_call(module)
        if call is None:
            return None, None
        count, for_each = call.count_expression, call.for_each_expression
        return (
            configuration_refs.expression(count, "count") if count is not None else None,
            configuration_refs.expression(for_each, "for_each") if for_each is not None else None,
        )

    def _keys_of(self, collection: Seen, module: ModulePath) -> list[str] | Unknown:
        keys: object = collection
        if isinstance(collection, Referent):
            keys = collection.keys()
        elif isinstance(collection, Set):
            keys = list(collection.items)
        if isinstance(keys, dict | list | tuple) and all(isinstance(key, str) for key in keys):
            return sorted(str(key) for key in keys)
        return self._unclear(module)

    def _unclear(self, module: ModulePath) -> Unknown:
        return Unknown(symbol=Symbol(str(module)), reason=f"how often {module} is called is not known")

    def _elements(self, module: ModulePath, for_each: Expression) -> Seen:
        return self.see_safely(for_each, ModuleScope(self, module.parent))

    def _call_scope(self, module: ModulePath) -> Scope:
        """Return the names that the arguments of a module call can use."""
        key = module.steps[-1].key
        if key is None:
            return ModuleScope(self, module.parent)
        _, for_each = self._repetition(module)
        for_each = None if self.doubts.about("repetition", module.config) else for_each
        return self._instance_scope(module.parent, key, str(module), for_each, None)

    def _instance_scope(
        self, module: ModulePath, key: InstanceKey, owner: str, for_each: Expression | None, json: Any
    ) -> Scope:
        if for_each is None and json is not None:
            for_each = configuration_refs.expression(json, "for_each")

        def collection() -> Seen:
            if for_each is None or not isinstance(key, str):
                return Unknown(reason="the plan does not show what for_each iterates over")
            if for_each.place is configuration_refs.PLACE:
                return self.see_safely(for_each, ModuleScope(self, module))
            return self._once(
                ("for_each", module, for_each), lambda: self.see_safely(for_each, ModuleScope(self, module))
            )

        return InstanceScope(self, module, key, Elements(owner, collection))

    # The machinery

    def evaluate(self, expression: Expression, scope: Scope) -> Value:
        """Evaluate an expression; what goes wrong makes the value unknown."""
        from tfcheck.hcl.evaluate.expressions import evaluate

        return self._noted(evaluate(expression, scope))

    def see_safely(self, expression: Expression, scope: Scope) -> Seen:
        """Evaluate an expression, leaving resources and modules unopened; what goes wrong makes it unknown."""
        if expression.place is configuration_refs.PLACE:
            return self.follow_safely(expression, scope)
        from tfcheck.hcl.evaluate.expressions import see

        try:
            seen = see(expression, scope)
        except EvaluationError as error:
            return Unknown(reason=f"evaluation error: {error}", where=str(expression.place))
        self._noted(seen if isinstance(seen, str | list | dict | Text | JsonText) else None)
        return seen

    def _noted(self, value: Value) -> Value:
        """Remember what is marked in a value, so that it is printed nowhere."""
        self.secrets.update(marked_strings(value))
        return value

    def follow_safely(self, expression: Expression, scope: Scope) -> Seen:
        """Follow a reference of the configuration; what goes wrong makes it unknown."""
        try:
            return follow(expression, scope)
        except EvaluationError as error:
            return Unknown(reason=f"the plan's configuration leads nowhere: {error}")

    def whole(self, seen: Seen) -> Value:
        """Open what was left unopened."""
        # NOTE: not `isinstance(seen, Referent)`, which looks up every method of the protocol each time.
        if isinstance(seen, str | dict | list | Unknown | Text | JsonText):
            return seen
        return seen.whole() if hasattr(seen, "whole") else seen  # type: ignore[union-attr]

    @contextmanager
    def _following_references(self) -> Iterator[None]:
        """Follow single references of the configuration meanwhile; what they lead to is a candidate, not a value."""
        was, self._following = self._following, True
        try:
            yield
        finally:
            self._following = was

    def _nameless(self, module: ModulePath, kind: str, name: str, reason: str) -> Unknown:
        return Unknown(symbol=symbol_of(module, kind, name), reason=reason)

    def _named(self, module: ModulePath, kind: str, name: str, value: Seen) -> Seen:
        """Return a value that could not be worked out the name it is known by, so that it equals itself."""
        if isinstance(value, Unknown) and value.symbol is None and value.shape is None:
            return msgspec.structs.replace(value, symbol=symbol_of(module, kind, name), family="", unsure=False)
        return value
