"""Find the type that Terraform gives to an expression that fails.

In the arm of a conditional that is not chosen an error does not count, but the type of the arm does. Calls and
references have no type where they fail, nor has an object if one of its names fails, but lists and objects keep the
types of their other parts.
"""

from __future__ import annotations

import msgspec

from tfcheck.hcl.evaluate.budget import EvaluationRun
from tfcheck.hcl.evaluate.elements import evaluate_all, is_referent
from tfcheck.hcl.evaluate.marking import without_mark
from tfcheck.hcl.evaluate.scope import EvaluationError, Scope
from tfcheck.hcl.syntax import expression as syntax

_ARITHMETIC = ("+", "-", "*", "/", "%")


def stand_ins(node: syntax.Expression, scope: Scope, run: EvaluationRun) -> list[syntax.Expression]:
    """Return an expression for each type that `node`, which fails, may have. They do not fail; a null has no type.

    Where more types are possible, it is an expression whose value is unknown.
    """
    found = [_StandIn(scope, run, uniform=uniform).of(node) for uniform in (False, True)]
    return found[:1] if found[0] == found[1] else found


class _StandIn:
    """Finds an expression of the same type. A list or an object without an index is a list or a map if `uniform`."""

    def __init__(self, scope: Scope, run: EvaluationRun, *, uniform: bool) -> None:
        self.scope = scope
        self.run = run
        self.uniform = uniform

    def of(self, node: syntax.Expression) -> syntax.Expression:
        """Return an expression that does not fail and has the type of `node`."""
        if not self._fails(node):
            return node
        untyped = syntax.Literal(None, node.place)
        match node:
            case syntax.Call() | syntax.Variable():
                return untyped
            case syntax.ListOf():
                return syntax.ListOf(tuple(self.of(item) for item in node.items), node.place)
            case syntax.ObjectOf():
                if self._fails(syntax.ObjectOf(tuple((name, untyped) for name, _ in node.items), node.place)):
                    return untyped
                return syntax.ObjectOf(tuple((name, self.of(item)) for name, item in node.items), node.place)
            case syntax.Template(parts=(only,)):
                return self.of(only)
            case syntax.Template() | syntax.JoinedTexts():
                return syntax.Literal("", node.place)
            case syntax.Unary():
                return syntax.Literal(False if node.operator == "!" else 0, node.place)
            case syntax.Binary():
                return syntax.Literal(0 if node.operator in _ARITHMETIC else False, node.place)
            case syntax.Index() if self._fails(node.key):
                return self._any_element(node)
            case syntax.Attribute() | syntax.Index():
                if _is_reference(node.source) or not self._fails(node.source):
                    return untyped
                part = msgspec.structs.replace(node, source=self.of(node.source))
                return untyped if self._fails(part) else part
            case syntax.Splat(source=whole) | syntax.ForList(collection=whole) | syntax.ForObject(collection=whole) if (
                self._fails(whole)
            ):
                return untyped if self.of(whole) == syntax.Literal(None, whole.place) else _open(node)
            case syntax.ForList() | syntax.ForObject():
                name = node.name if isinstance(node, syntax.ForObject) else untyped
                names = syntax.ForList(node.key, node.value, node.collection, name, node.condition, node.place)
                return untyped if self._fails(names) else _open(node)
            case _:
                return _open(node)

    def _any_element(self, node: syntax.Index) -> syntax.Expression:
        """Return an element of a list or a map, all of one type; of a tuple or an object, the element has no type."""
        if self._fails(node.source):
            return _open(node)
        seen = without_mark(self.run.see(node.source, self.scope))
        if not self.uniform or is_referent(seen):
            return syntax.Literal(None, node.place)
        whole = evaluate_all(seen)
        items = whole.values() if isinstance(whole, dict) else whole if isinstance(whole, list) else ()
        typed = next((item for item in items if item is not None), None)
        return _open(node) if typed is None else syntax.Literal(typed, node.place)

    def _fails(self, node: syntax.Expression) -> bool:
        try:
            self.run.see(node, self.scope)
        except EvaluationError:
            return True
        return False


def _is_reference(node: syntax.Expression) -> bool:
    while isinstance(node, syntax.Attribute):
        node = node.source
    return isinstance(node, syntax.Variable)


def _open(node: syntax.Expression) -> syntax.Unreadable:
    return syntax.Unreadable("the type of an expression that fails is not known", node.place)
