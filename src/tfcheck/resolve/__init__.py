"""The value of any attribute of any resource instance: plan, then sources, then configuration."""

from tfcheck.resolve.left_out import LeftOut, refuse_left_out
from tfcheck.resolve.resolver import Resolver
from tfcheck.resolve.workspace import resolver_of

__all__ = ["LeftOut", "Resolver", "refuse_left_out", "resolver_of"]
