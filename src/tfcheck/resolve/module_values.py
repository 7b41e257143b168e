"""The values of variables, locals, outputs and module calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

import msgspec

from tfcheck.hcl.evaluate.scope import EvaluationError, Referent, Scope, Seen
from tfcheck.hcl.syntax.expression import Expression
from tfcheck.plan import constant
from tfcheck.resolve import configuration_refs
from tfcheck.resolve.declarations import CHANGED, Declarations
from tfcheck.resolve.evaluation import Evaluation, Key, evaluate_all
from tfcheck.resolve.scope import CallReferent, Elements, InstanceScope, ModuleReferent, ModuleScope, PlanResources
from tfcheck.symbolic.symbol import Owner, Symbol
from tfcheck.symbolic.value import Set, Unknown, Value
from tfcheck.vocabulary.address import InstanceKey, ModulePath, ModuleValue

if TYPE_CHECKING:
    from tfcheck.hcl.evaluate.types import Type
    from tfcheck.hcl.syntax.block import Block


class NotWritten(Enum):
    """Nothing is written, not even null."""

    ABSENT = "absent"


_ABSENT = NotWritten.ABSENT
#: The number of instances of one call that are considered; a written number may exceed any plan's.
_MOST_INSTANCES = 10_000


class ModuleNames:
    """Everything with a name in a module, except resources.

    With `follows`, single references of the plan's configuration are followed: what they lead to is a candidate for the
    value, not the value.
    """

    def __init__(
        self,
        declarations: Declarations,
        evaluation: Evaluation,
        resources: PlanResources,
        workspace: Value,
        *,
        follows: bool = False,
    ) -> None:
        self.resources = resources
        self.workspace = workspace
        self._declarations = declarations
        self._evaluation = evaluation
        self._plan = declarations.plan
        self._follows = follows

    # What names are

    def variable(self, module: ModulePath, name: str) -> Seen:
        """Return the value of an input variable in one module instance."""
        return self._once(("var", module, name), lambda: self._variable(module, name))

    def variable_type(self, module: ModulePath, name: str) -> Type | None:
        """Return the declared type of an input variable, or None if there are no sources that declare one."""
        from tfcheck.hcl.evaluate.expressions import evaluate
        from tfcheck.hcl.evaluate.type_constraint import parse_type

        sources = self._declarations.module_sources(module)
        block = sources.variable(name) if sources else None
        wanted = block.attribute("type") if block is not None else None
        return None if wanted is None else parse_type(wanted, evaluate)

    def local(self, module: ModulePath, name: str) -> Seen:
        """Return a local value of one module instance."""
        return self._once(("local", module, name), lambda: self._local(module, name))

    def output(self, module: ModulePath, name: str) -> Seen:
        """Return an output of one module instance; an EvaluationError if the module definitely has no such output."""
        return self._once(("output", module, name), lambda: self._output(module, name))

    def output_names(self, module: ModulePath) -> Sequence[str] | None:
        """Return a module's outputs; None if neither sources nor configuration show them."""
        config = self._declarations.config_module(module)
        return sorted(config.outputs) if config else None

    def call(self, module: ModulePath, name: str) -> Seen:
        """Return the value of `module.name`: one module instance, or the list or map of them."""
        return self._once(("module", module, name), lambda: self._call(module, name))

    def path(self, module: ModulePath, name: str) -> Seen:
        """Return `path.module`, `path.root` or `path.cwd`."""
        if name == "root":
            return "."
        sources = self._declarations.module_sources(module)
        if name == "module" and sources is not None:
            return sources.directory
        return Unknown(symbol=Symbol(ModuleValue(module, "path"), (name,)), reason=f"path.{name} is not in the plan")

    def read_file(self, path: str) -> bytes | None:
        """Read a source file; None if it is not available."""
        self._evaluation.record(("file", path))
        sources = self._declarations.sources
        is_doubted = self._declarations.is_doubted("file", (), path)
        return sources.read_file(path) if sources and not is_doubted else None

    def list_files(self, directory: str, pattern: str) -> tuple[str, ...] | None:
        """Return source files; None if they are not available."""
        self._evaluation.record(("directory", directory))
        sources = self._declarations.sources
        is_doubted = self._declarations.is_doubted("directory", (), directory)
        return sources.list_files(directory, pattern) if sources and not is_doubted else None

    # How they are worked out

    def _once(self, key: Key, work_out: Callable[[], Seen]) -> Seen:
        return self._evaluation.once((*key, "followed") if self._follows else key, work_out)

    def _variable(self, module: ModulePath, name: str) -> Seen:
        sources, config = self._declarations.module_sources(module), self._declarations.config_module(module)
        block = sources.variable(name) if sources else None
        known = config.variables.get(name) if config else None
        is_marked = (known is not None and known.sensitive) or _is_secret(block)
        value = self._passed_value(module, name)
        if value is _ABSENT or (value is None and block is not None and not_nullable(block)):
            value = self._default(module, name, block)
        wanted = block.attribute("type") if block is not None else None
        value = self._convert(value, wanted) if wanted is not None else value
        return _mark(value) if is_marked else value

    def _passed_value(self, module: ModulePath, name: str) -> Seen | NotWritten:
        if not module.steps:
            if name not in self._plan.variables and not self._plan.shows_configuration:
                # NOTE: other plans show all variables, including those with defaults: the default may not be the value.
                return self._nameless(module, "var", name, f"the plan does not show var.{name}")
            return self._plan.variables.get(name, _ABSENT)
        call = self._declarations.config_call(module)
        if self._declarations.is_doubted("var", module.config, name):
            if call is not None and name not in call.expressions:
                return _ABSENT
            is_constant, value = constant(call.expressions[name]) if call else (False, None)
            return value if is_constant else self._nameless(module, "var", name, CHANGED)
        block = self._declarations.call_block(module)
        scope = self.call_scope(module)
        if block is not None:
            expression = block.attribute(name)
            return _ABSENT if expression is None else self._evaluation.see_safely(expression, scope)
        if call is None:
            return self._nameless(module, "var", name, "the plan shows no call of this module")
        if name not in call.expressions:
            return _ABSENT
        return self._follow(call.expressions[name], name, scope, module, "var")

    def _default(self, module: ModulePath, name: str, block: Block | None) -> Seen:
        if block is not None and not self._declarations.is_doubted("default", module.config, name):
            expression = block.attribute("default")
            if expression is not None:
                return self._evaluation.see_safely(expression, ModuleScope(self, module))
        else:
            config = self._declarations.config_module(module)
            variable = config.variables.get(name) if config else None
            if variable is not None and variable.has_default:
                default: Value = variable.default
                return default
        return self._nameless(module, "var", name, f"the plan contains no value of var.{name}")

    def _convert(self, value: Seen, wanted: Expression) -> Seen:
        """Convert a variable's value to its declared type; resources and modules stay lazy."""
        from tfcheck.hcl.evaluate.convert import convert
        from tfcheck.hcl.evaluate.expressions import evaluate
        from tfcheck.hcl.evaluate.marking import Marked, mark_if, without_mark
        from tfcheck.hcl.evaluate.type_constraint import parse_type

        is_secret, value = isinstance(value, Marked), without_mark(value)
        if isinstance(value, Unknown) or hasattr(value, "evaluate"):
            return mark_if(is_secret, value)
        try:
            return mark_if(is_secret, convert(evaluate_all(value), parse_type(wanted, evaluate)))
        except EvaluationError as error:
            return Unknown(reason=f"evaluation error: {error}", where=str(wanted.place))

    def _local(self, module: ModulePath, name: str) -> Seen:
        sources = self._declarations.module_sources(module)
        if sources is None:
            return self._nameless(module, "local", name, f"local.{name} is not in the plan, and there are no sources")
        if self._declarations.is_doubted("local", module.config, name):
            return self._nameless(module, "local", name, CHANGED)
        expression = sources.local(name)
        if expression is None:
            raise EvaluationError(f"there is no local.{name}")
        value = self._evaluation.see_safely(expression, ModuleScope(self, module))
        return self._add_symbol(module, "local", name, value)

    def _output(self, module: ModulePath, name: str) -> Seen:
        sources, config = self._declarations.module_sources(module), self._declarations.config_module(module)
        block = sources.output(name) if sources else None
        scope = ModuleScope(self, module)
        value: Seen
        if self._declarations.is_doubted("output", module.config, name):
            value = self._nameless(module, "output", name, CHANGED)
        elif sources is not None:
            expression = block.attribute("value") if block else None
            if expression is None:
                raise EvaluationError(f"{module} has no output {name}")
            value = self._add_symbol(module, "output", name, self._evaluation.see_safely(expression, scope))
        elif config is None or name not in config.outputs:
            value = self._nameless(module, "output", name, f"the plan does not show the outputs of {module}")
        else:
            value = self._follow(config.outputs[name], name, scope, module, "output")
        is_marked = (config is not None and config.marks_output(name)) or _is_secret(block)
        return _mark(value) if is_marked else value

    def _follow(self, json: Any, name: str, scope: Scope, module: ModulePath, kind: str) -> Seen:
        """Follow an expression's references in the configuration, as far as that is certain."""
        is_constant, known = constant(json)
        if is_constant:
            value: Value = known
            return value
        if not self._follows:
            return self._nameless(module, kind, name, configuration_refs.unproven(json))
        return self._evaluation.see_safely(configuration_refs.expression(json, name), scope)

    def _call(self, module: ModulePath, name: str) -> Seen:
        keys = self._call_keys(module, name)
        block = self._declarations.call_block(module.child(name))
        switch = block.switch() if block else None
        enabled = self._evaluation.see_safely(switch, ModuleScope(self, module)) if switch is not None else True
        if enabled is False:
            return None
        called = module.child(name)
        if isinstance(keys, Unknown):
            return keys
        if enabled is not True:
            return self._unknown_repetition(called)
        if isinstance(keys, int) and keys > _MOST_INSTANCES:
            return Unknown(
                Symbol(ModuleValue(called)), reason=f"limit: {called} has more than {_MOST_INSTANCES:,} instances"
            )
        return ModuleReferent(self, called) if keys is None else CallReferent(self, module, name, keys)

    def _call_keys(self, module: ModulePath, name: str) -> list[str] | int | None | Unknown:
        """Return the instance keys of a module call; None without count and for_each."""
        written = self._written_keys(module.child(name))
        planned = [
            path.steps[-1].key
            for path in self._plan.module_instances()
            if path.steps and path.parent == module and path.steps[-1].name == name
        ]
        # NOTE: `count = 2 * var.n` is kept as `var.n`: the planned instances are more reliable.
        is_open = isinstance(written, Unknown) or self._declarations.call_block(module.child(name)) is None
        if written is None or (planned and planned != [None] and is_open):
            return instance_keys(planned) if planned else written
        return written

    def _written_keys(self, module: ModulePath) -> list[str] | int | None | Unknown:
        if self._declarations.is_doubted("repetition", module.config):
            return self._unknown_repetition(module)
        count, for_each = self._repetition(module)
        if count is not None:
            number = self._evaluation.see_safely(count, ModuleScope(self, module.parent))
            if not isinstance(number, int) or isinstance(number, bool):
                return self._unknown_repetition(module)
            return number
        if for_each is not None:
            keys = collection_keys(self._evaluation.see_safely(for_each, ModuleScope(self, module.parent)))
            return self._unknown_repetition(module) if keys is None else keys
        return None

    def _repetition(self, module: ModulePath) -> tuple[Expression | None, Expression | None]:
        block = self._declarations.call_block(module)
        if block is not None:
            return block.attribute("count"), block.attribute("for_each")
        call = self._declarations.config_call(module)
        if call is None:
            return None, None
        count, for_each = call.count_expression, call.for_each_expression
        return (
            configuration_refs.expression(count, "count") if count is not None else None,
            configuration_refs.expression(for_each, "for_each") if for_each is not None else None,
        )

    def _unknown_repetition(self, module: ModulePath) -> Unknown:
        return Unknown(symbol=Symbol(ModuleValue(module)), reason=f"how often {module} is called is not known")

    def call_scope(self, module: ModulePath) -> Scope:
        """Return the names that the arguments of a module call can use."""
        key = module.steps[-1].key
        if key is None:
            return ModuleScope(self, module.parent)
        _, for_each = self._repetition(module)
        for_each = None if self._declarations.is_doubted("repetition", module.config) else for_each
        return self.instance_scope(module.parent, key, ModuleValue(module), for_each, None)

    def instance_scope(
        self, module: ModulePath, key: InstanceKey, owner: Owner, for_each: Expression | None, json: Any
    ) -> Scope:
        """Return the names that a block with `for_each` or `count` can use in its instance `key`."""
        if for_each is None and json is not None:
            for_each = configuration_refs.expression(json, "for_each")

        def collection() -> Seen:
            if for_each is None or not isinstance(key, str):
                return Unknown(reason="the plan does not show what for_each iterates over")
            if for_each.place is configuration_refs.PLACE:
                return self._evaluation.see_safely(for_each, ModuleScope(self, module))
            return self._once(
                ("for_each", module, for_each), lambda: self._evaluation.see_safely(for_each, ModuleScope(self, module))
            )

        return InstanceScope(self, module, key, Elements(owner, collection))

    def _nameless(self, module: ModulePath, kind: str, name: str, reason: str) -> Unknown:
        return Unknown(symbol=symbol_of(module, kind, name), reason=reason)

    def _add_symbol(self, module: ModulePath, kind: str, name: str, value: Seen) -> Seen:
        """Return an unknown value with its name as the symbol, so that it equals itself."""
        if isinstance(value, Unknown) and value.symbol is None:
            return msgspec.structs.replace(value, symbol=symbol_of(module, kind, name), family="", may_fail=False)
        return value


def _mark(value: Seen) -> Seen:
    from tfcheck.hcl.evaluate.marking import mark  # the evaluator is loaded only when needed

    return mark(value)


def _is_secret(block: Block | None) -> bool:
    """Whether a block has `sensitive = true` or `ephemeral = true`."""
    return block is not None and any(is_true(block.attribute(each)) for each in ("sensitive", "ephemeral"))


def is_true(written: Expression | None) -> bool:
    """Whether an expression is the literal `true`."""
    from tfcheck.hcl.syntax.expression import Literal

    return isinstance(written, Literal) and written.value is True


def symbol_of(module: ModulePath, kind: str, name: str) -> Symbol:
    """Return the symbol of a local, a variable or an output of one module instance."""
    return Symbol(ModuleValue(module, "" if kind == "output" else kind), (name,))


def not_nullable(block: Block) -> bool:
    """Whether a variable uses its default instead of null."""
    from tfcheck.hcl.syntax.expression import Literal

    written = block.attribute("nullable")
    return isinstance(written, Literal) and written.value is False


def collection_keys(collection: Seen) -> list[str] | None:
    """Return the keys of the instances that `for_each` creates from `collection`; None if they are not known."""
    keys: object = collection
    if isinstance(collection, Referent):
        keys = collection.keys()
    elif isinstance(collection, Set):
        keys = list(collection.items)
    if isinstance(keys, (dict, list, tuple)) and all(isinstance(key, str) for key in keys):
        return sorted(str(key) for key in keys)
    return None


def instance_keys(planned: list[InstanceKey]) -> list[str] | int | None:
    """Return the instances of a call: the keys of `for_each`, the number of `count`, or None."""
    if planned == [None]:
        return None
    if all(isinstance(key, int) for key in planned):
        return max(key for key in planned if isinstance(key, int)) + 1
    return sorted(str(key) for key in planned)
