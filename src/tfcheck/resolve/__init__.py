"""The value of any attribute of any resource instance: plan, then sources, then configuration."""

from tfcheck.resolve.resolver import Resolver

__all__ = ["Resolver"]
