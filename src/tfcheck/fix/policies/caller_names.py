"""Test whether the callers of a role's module can name what the module cannot."""

from __future__ import annotations

from tfcheck.fix.needed_statements import Reference, Spelled
from tfcheck.fix.policies.fix_places import FixPlaces
from tfcheck.fix.proposal import RoleNeed


def is_for_callers(need: RoleNeed, places: FixPlaces) -> bool:
    """Whether the callers of the roles' module can name what the module cannot."""
    module, needed = need.roles[0].address.module, [each.requirement.resource for each in need.answers]
    here = places.spelling(module).spell
    if not all(_has_reference(here(each)) for each in needed if not isinstance(each, str)):
        return True
    there = places.spelling(module.parent).spell if module.steps else here
    known = (each for each in needed if isinstance(each, str))
    return any(not _has_reference(here(each)) and _has_reference(there(each)) for each in known)


def is_named_by_callers(need: RoleNeed, places: FixPlaces, *, literally: bool = False) -> bool:
    """Whether the module's caller can name what would be this plan's literals in the module.

    With `literally` it is enough that the caller has these literals.
    """
    module = need.roles[0].address.module
    if not module.steps:
        return False
    here, there = places.spelling(module), places.spelling(module.parent)
    resources = [each.requirement.resource for each in need.answers]
    foreign = [each for each in resources if (own := here.spell(each)) is None or here.is_of_this_plan(own)]
    by_caller = (spelled for each in foreign if (spelled := there.spell(each)) is not None)
    named = (each for each in by_caller if literally or _has_reference(each))
    return any(not there.is_of_this_plan(each) for each in named)


def is_written_by_caller(need: RoleNeed, places: FixPlaces) -> bool:
    """Whether the caller of a role's module can name everything that is needed, in every plan of it."""
    module = need.roles[0].address.module
    there = places.spelling(module.parent) if module.steps else None
    resources = {each.requirement.resource for each in need.answers} - {"*"}
    spelled = [there.spell(each) for each in resources] if there is not None else [None]
    return all(each and _has_reference(each) and there and not there.is_of_this_plan(each) for each in spelled)


def _has_reference(spelled: Spelled | None) -> bool:
    return any(isinstance(each, Reference) for each in spelled or ())
