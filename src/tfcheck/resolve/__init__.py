"""The value of any attribute of any resource instance: plan, then sources, then configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfcheck.resolve.left_out import LeftOut, refuse_shortened
from tfcheck.resolve.resolver import Resolver

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Sources
    from tfcheck.plan import Plan

__all__ = ["LeftOut", "Resolver", "refuse_shortened", "resolver_of"]


def resolver_of(plan: Plan, sources: Sources | None, workspace: str | None, account: str | None = None) -> Resolver:
    """Return a plan's resolver, without the workspace and the sources that the plan contradicts.

    `workspace` and `account` are those of the options; without a workspace the one that the sources' directory has
    selected counts, or otherwise the one that the plan's values show.
    """
    if sources is None:
        return Resolver(plan, None, workspace, account)
    from tfcheck.resolve.workspace import confirmed_resolver  # without sources nothing is compared

    return confirmed_resolver(plan, sources, workspace, account)
