"""Explain how to narrow a statement that denies what a task needs, with as little else as an element can leave out.

A statement has Resource or NotResource, and never both
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notresource.html): one that denies all
resources of a bucket but one object cannot be written, and only a condition exempts the role. What is added to
NotAction is no longer denied on any resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tfcheck.fix.render import quoted, text
from tfcheck.fix.wanted import Spelled, is_exact
from tfcheck.iam.model import Statement
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.value import Truth
from tfcheck.vocabulary.finding import Remedy, Requirement


def narrowing(
    statement: Statement, needs: Sequence[Requirement], resources: Sequence[Spelled], role: Spelled
) -> Remedy:
    """Return how a statement stops denying what a role needs: exactly if it can, otherwise for the role alone.

    The words complete "narrow the statement: …". `resources` and `role` are written as where the statement is.
    """
    exempt = f'Condition = {{ ArnNotEquals = {{ "aws:PrincipalArn" = {text(role)} }} }}'
    exact = None if statement.origin.secret else _exactly(statement, needs, [text(each) for each in resources])
    if exact is None:
        return Remedy("exempt the role by a condition", exempt)
    words, hcl = exact
    return Remedy(f"{words}, or exempt the role by a condition", f"{hcl}\n# or, for this role alone\n{exempt}")


def _exactly(statement: Statement, needs: Sequence[Requirement], resources: Sequence[str]) -> tuple[str, str] | None:
    """Return the element to change and what it becomes; None if no element can leave out just this."""
    if statement.actions.negated:
        actions = dict.fromkeys(quoted(each.action) for each in needs)
        return "add to its `NotAction`", _entries("in NotAction", actions)
    listed = statement.resources
    if listed is None or not resources or not all(is_exact(each.resource) and each.resource != "*" for each in needs):
        return None
    if listed.negated:
        return "add to its `NotResource`", _entries("in NotResource", resources)
    if all(each.everything for each in listed.entries):
        return "name what it must not deny", f"# in place of Resource\nNotResource = [{', '.join(resources)}]"
    wanted = [each.resource for each in needs]
    near = [[each.written for each in listed.entries if glob(each.written, one) is not Truth.FALSE] for one in wanted]
    if all(near) and all(any(equal(each, one) is Truth.TRUE for one in wanted) for several in near for each in several):
        return "remove from its `Resource`, and the statement if none is left", _entries("not in Resource", resources)
    return None


def _entries(where: str, entries: Iterable[str]) -> str:
    return "\n".join((f"# {where}", *(f"{each}," for each in entries)))
