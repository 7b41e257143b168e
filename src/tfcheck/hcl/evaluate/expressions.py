"""Evaluate an expression as far as its value is known before apply.

Follows https://developer.hashicorp.com/terraform/language/expressions and the HCL native syntax specification
(https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from tfcheck.hcl.evaluate import marking, operators
from tfcheck.hcl.evaluate.alternatives import for_each_choice
from tfcheck.hcl.evaluate.budget import Budget, Limit
from tfcheck.hcl.evaluate.comprehension import call_lazily, evaluate_for, join_texts, key_of, render, splat
from tfcheck.hcl.evaluate.convert import convert
from tfcheck.hcl.evaluate.elements import (
    LocalScope,
    bound_value,
    elements,
    evaluate_all,
    gather,
    is_referent,
    member,
    possible_error,
    without_possible_error,
)
from tfcheck.hcl.evaluate.scope import EvaluationError, Scope, Seen
from tfcheck.hcl.evaluate.type_constraint import parse_type
from tfcheck.hcl.evaluate.types import EmptyList
from tfcheck.hcl.functions import call
from tfcheck.hcl.syntax.expression import (
    LONG_ROOTS,
    Attribute,
    Binary,
    Call,
    Conditional,
    Expression,
    ForList,
    ForObject,
    Index,
    JoinedTexts,
    ListOf,
    Literal,
    ObjectOf,
    Splat,
    Template,
    Unary,
    Unreadable,
    Variable,
)
from tfcheck.symbolic.numbers import SENSITIVE_NUMBERS, unmarked_number
from tfcheck.symbolic.value import Set, Unknown, Value, is_never_empty

__all__ = ["LocalScope", "evaluate", "see"]


def evaluate(expression: Expression, scope: Scope) -> Value:
    """Evaluate all of `expression`; an error gives an `Unknown` with the reason and place. Never raises."""
    # NOTE: most arguments are constants.
    match expression:
        case Literal(value=value) | Template(parts=(Literal(value=str(value)),)):
            return value
    try:
        return evaluate_all(see(expression, scope))
    except EvaluationError as error:
        notes = getattr(error, "__notes__", None) or [str(expression.place)]
        return Unknown(reason=f"evaluation error: {error}", where=notes[0], may_fail=True)
    except RecursionError:
        return Unknown(reason="limit: the expression nests too deeply", where=str(expression.place), may_fail=True)


def see(expression: Expression, scope: Scope) -> Seen:
    """Evaluate `expression` as far as needed; a resource or a module stays lazy."""
    run = _Evaluation()
    try:
        seen = run.see(expression, scope)
        if not is_referent(seen):
            run.budget.weigh(evaluate_all(seen))
        return seen
    except Limit as limit:
        return Unknown(reason=str(limit), where=str(expression.place), may_fail=True)
    except RecursionError:
        return Unknown(reason="limit: the expression nests too deeply", where=str(expression.place), may_fail=True)
    finally:
        run.budget.pay()


class _Evaluation:
    """One evaluation in progress: its remaining budget, and whether an error would be caught."""

    def __init__(self) -> None:
        self.budget = Budget()
        self.trying = 0
        self.doubt: Unknown | None = None

    def value(self, node: Expression, scope: Scope) -> Value:
        return evaluate_all(self.see(node, scope))

    def condition(self, node: Expression, scope: Scope) -> tuple[bool | Unknown, bool]:
        seen = self.see(node, scope)
        truth = operators.condition(evaluate_all(seen))
        if isinstance(truth, Unknown) and truth.may_fail:
            self.doubt = truth
        return truth, marking.is_marked(seen)

    def probe(self, node: Expression, scope: Scope) -> Value:
        before = self.doubt
        try:
            return self.value(node, scope)
        finally:
            self.doubt = before

    def see(self, node: Expression, scope: Scope) -> Seen:
        # NOTE: half of all nodes are constants, which cannot fail.
        if isinstance(node, Literal):
            self.budget.spend(4)
            return node.value
        self.budget.enter()
        try:
            seen = self._see(node, scope)
        except EvaluationError as error:
            if not getattr(error, "__notes__", None):
                error.add_note(str(node.place))
            raise
        finally:
            self.budget.leave()
        if not isinstance(seen, Unknown):
            return marking.mark(unmarked_number(seen)) if isinstance(seen, SENSITIVE_NUMBERS) else seen
        if not seen.where and seen.symbol is None:
            seen = msgspec.structs.replace(seen, where=str(node.place))
        if seen.may_fail:
            # It counts for `try` even if the result does not depend on it.
            self.doubt = seen
        return seen

    def _see(self, node: Expression, scope: Scope) -> Seen:
        match node:
            case Attribute():
                root = self._root(node.source, scope)
                if root is None:
                    return member(self.see(node.source, scope), node.name)
                return without_possible_error(scope.lookup(root, node.name))
            case Template():
                return render(node, scope, self)
            case Variable():
                is_bound, seen = bound_value(scope, node.name)
                if not is_bound:
                    raise EvaluationError(f"`{node.name}` is not defined")
                return seen
            case Index():
                key = self.see(node.key, scope)
                return marking.element_at(self.see(node.source, scope), key)
            case Call():
                return self._call(node, scope)
            case ObjectOf():
                return self._object(node, scope)
            case ListOf():
                return gather([self.see(item, scope) for item in node.items])
            case Conditional():
                return self._conditional(node, scope)
            case Binary():
                return self._binary(node, scope)
            case Unary():
                operand = self.see(node.operand, scope)
                compute = operators.invert if node.operator == "!" else operators.negate
                return marking.mark_if(marking.is_marked(operand), compute(evaluate_all(operand)))
            case Splat():
                return splat(node, scope, self)
            case ForList() | ForObject():
                return evaluate_for(node, scope, self)
            case JoinedTexts():
                return join_texts(node, scope, self)
            case Unreadable():
                return Unknown(reason=node.reason, where=str(node.place), may_fail=True)
            case Literal():
                return node.value

    def _root(self, node: Expression, scope: Scope) -> str | None:
        """Return the first part of a reference that the scope knows, such as `var` or `data.TYPE`, or None."""
        match node:
            case Variable(name=name) if name not in LONG_ROOTS and not bound_value(scope, name)[0]:
                return name
            case Attribute(source=Variable(name=name)) if name in LONG_ROOTS and not bound_value(scope, name)[0]:
                return node.name if name == "resource" else f"{name}.{node.name}"
            case _:
                return None

    def _conditional(self, node: Conditional, scope: Scope) -> Seen:
        from tfcheck.hcl.evaluate.conditional import chosen_arm, common_value

        truth, marks = self.condition(node.condition, scope)
        if isinstance(truth, Unknown):
            return marking.mark_if(marks, common_value(node, truth, scope, self))
        return marking.mark_if(marks, chosen_arm(node, truth, scope, self))

    def _binary(self, node: Binary, scope: Scope) -> Seen:
        if node.operator in ("&&", "||"):
            return self._logical(node, scope)
        left, right = self.see(node.left, scope), self.see(node.right, scope)
        marks = marking.has_mark(left) or marking.has_mark(right)
        left, right = marking.without_mark(left), marking.without_mark(right)
        result = self._compute(node, (left, right))
        if isinstance(result, Unknown):
            result = self._compare_length(node, scope, left, right, result)
        if isinstance(result, Unknown):
            result = for_each_choice(list(map(evaluate_all, (left, right))), result, partial(self._compute, node))
        return marking.mark_if(marks, result)

    def _compute(self, node: Binary, operands: Sequence[Seen]) -> Value:
        left, right = operands
        if node.operator not in ("==", "!="):
            self.budget.spend(20)  # numbers are kept exactly
            return operators.compute(node.operator, evaluate_all(left), evaluate_all(right))
        equal = self._equals(node, left, right)
        return equal if node.operator == "==" else operators.invert(equal)

    def _compare_length(self, node: Binary, scope: Scope, left: Seen, right: Seen, result: Unknown) -> Value:
        """Return the result of a comparison of the length of a definitely non-empty text, if possible."""
        text = operators.length_argument(node)
        if text is None or is_referent(left) or is_referent(right) or not is_never_empty(self.probe(text, scope)):
            return result
        decided = operators.compare_lengths(node, evaluate_all(left), evaluate_all(right))
        return result if decided is None else decided

    def _equals(self, node: Binary, left: Seen, right: Seen) -> Value:
        if (is_referent(left) and right is None) or (is_referent(right) and left is None):
            return False
        from tfcheck.hcl.evaluate.conditional import is_structural

        first, second = evaluate_all(left), evaluate_all(right)
        self.budget.weigh(first)
        self.budget.weigh(second)
        return operators.equals(
            first, second, alike=is_structural(node.left, first) and is_structural(node.right, second)
        )

    def _logical(self, node: Binary, scope: Scope) -> Seen:
        """Evaluate `&&` and `||`.

        NOTE: up to 1.11 Terraform reports an error in the right side even if the left one decides, later it does not:
        this only matters where `try` would catch it.
        """
        left, left_marked = self.condition(node.left, scope)
        decided = left is (node.operator == "||")
        try:
            right, right_marked = self.condition(node.right, scope)
        except EvaluationError as error:
            if not decided:
                raise
            return Unknown(reason=f"evaluation error: {error}", may_fail=True) if self.trying else left
        result = operators.conjunction(left, right) if node.operator == "&&" else operators.disjunction(left, right)
        return marking.mark_if(left_marked or right_marked, result)

    def _object(self, node: ObjectOf, scope: Scope) -> Seen:
        members: dict[str, Seen] = {}
        marks = False
        for key, item in node.items:
            written = self.see(key, scope)
            marks = marks or marking.is_marked(written)
            name = key_of(evaluate_all(written))
            if isinstance(name, Unknown):
                return Unknown(reason=name.reason, where=name.where, may_fail=True, sensitive=marks)
            members[name] = self.see(item, scope)
        return marking.mark_if(marks, gather(members))

    def _call(self, node: Call, scope: Scope) -> Seen:
        if node.name == "try":
            return self._try(node.arguments, scope)
        if node.name == "can":
            return self._can(node.arguments, scope)
        if node.name == "convert":
            return self._convert(node.arguments, scope)
        arguments = self._arguments(node, scope)
        if isinstance(arguments, Unknown):
            return arguments
        if len(arguments) == 1:
            is_about_marks, seen = marking.call_mark_function(node.name, arguments[0])
            if is_about_marks:
                unmarked = marking.without_mark(arguments[0])
                if not is_referent(unmarked):
                    self.budget.weigh(evaluate_all(unmarked))
                return seen
        possible, seen = call_lazily(node.name, arguments)
        if possible:
            return marking.mark_if(marking.marks_whole(node.name.removeprefix("core::"), arguments, lazily=True), seen)
        values = [evaluate_all(argument) for argument in arguments]
        for value in values:
            self.budget.weigh(value)
        if node.name == "coalesce":
            from tfcheck.hcl.evaluate.conditional import unify_arguments

            values = unify_arguments(node.arguments, values, scope)
        passed = values
        direct = node.arguments[:-1] if node.spread else node.arguments
        if node.name == "concat" and any(isinstance(each, (ListOf, ForList)) for each in direct):
            # A tuple among the arguments makes a tuple of all, whose elements keep their types.
            passed = [list(each) if isinstance(each, EmptyList) else each for each in values]
        if node.name == "coalescelist" and not self.trying:
            # NOTE: Terraform refuses a null that is not of a list's type, so there is no plan with one.
            passed = [each for each in values if each is not None]
        self.budget.spend(10)
        result = marking.compute_quietly(node.name, arguments, values, lambda: call(node.name, passed, scope, see))
        return marking.mark_result(node.name, arguments, values, result)

    def _convert(self, nodes: Sequence[Expression], scope: Scope) -> Seen:
        """Convert a value to a type that is written like that of a variable (Terraform 1.15)."""
        if len(nodes) != 2:
            raise EvaluationError("`convert` accepts a value and a type")
        seen = self.see(nodes[0], scope)
        value = evaluate_all(seen)
        self.budget.weigh(value)
        wanted = parse_type(nodes[1], evaluate)
        result = marking.compute_quietly("convert", [seen], [value], lambda: convert(value, wanted))
        return marking.mark_result("convert", [seen], [value], result)

    def _arguments(self, node: Call, scope: Scope) -> list[Seen] | Unknown:
        """Evaluate the arguments; with `...` the last one is expanded."""
        arguments = [self.see(argument, scope) for argument in node.arguments]
        if not node.spread:
            return arguments
        last = arguments.pop()
        if not is_referent(last) and not isinstance(last, (list, Set, Unknown)):
            raise EvaluationError("only a list can be spread over arguments")
        items = elements(last)
        if isinstance(items, Unknown):
            return Unknown(reason=items.reason, where=items.where, may_fail=True)
        return arguments + [item for _, item in items]

    def _attempt(self, node: Expression, scope: Scope) -> tuple[Seen, Unknown | None]:
        """Evaluate an argument of `try` or `can`; also return what may be an error in it."""
        before = self.doubt
        self.trying += 1
        self.doubt = None
        try:
            seen = self.see(node, scope)
            if not is_referent(seen):
                self.budget.weigh(evaluate_all(seen))
            return seen, self.doubt or possible_error(seen)
        finally:
            self.trying -= 1
            self.doubt = before

    def _try(self, nodes: Sequence[Expression], scope: Scope) -> Seen:
        """Return the first argument that definitely succeeds; one that may succeed makes the result unknown."""
        for node in nodes:
            try:
                seen, open_part = self._attempt(node, scope)
            except EvaluationError:
                continue
            if open_part is None:
                return seen
            last = nodes[-1]
            parts = last.parts if isinstance(last, Template) else (last,)
            ends_well = all(isinstance(each, Literal) for each in parts)
            undecided = Unknown(reason=open_part.reason, where=open_part.where, may_fail=not ends_well)
            return marking.mark_if(marking.is_marked(seen), undecided)
        raise EvaluationError("no argument of `try` succeeds")

    def _can(self, nodes: Sequence[Expression], scope: Scope) -> Value:
        if len(nodes) != 1:
            raise EvaluationError("`can` accepts one argument")
        try:
            _, open_part = self._attempt(nodes[0], scope)
        except EvaluationError:
            return False
        return True if open_part is None else Unknown(reason=open_part.reason, where=open_part.where)
