"""The value of any attribute of any resource instance: plan, then sources, then configuration."""

from tfcheck.resolve.resolver import Resolver
from tfcheck.resolve.workspace import resolver_of

__all__ = ["Resolver", "resolver_of"]
