"""The value of any attribute of any resource instance: plan, then sources, then configuration."""

from tfcheck.resolve.left_out import LeftOut, refuse_shortened
from tfcheck.resolve.resolver import Resolver
from tfcheck.resolve.workspace import resolver_of

__all__ = ["LeftOut", "Resolver", "refuse_shortened", "resolver_of"]
