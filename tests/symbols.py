"""Symbols whose owners are written as texts."""

from __future__ import annotations

from tfcheck.symbolic.symbol import Named, Owner, ProviderConfiguration, Symbol
from tfcheck.vocabulary.address import address_in


def symbol(owner: str, path: tuple[str | int, ...] = ()) -> Symbol:
    """Return the symbol of a resource instance, of a provider configuration as `provider.aws`, or of a mere name."""
    return Symbol(owner_named(owner), path)


def owner_named(owner: str) -> Owner:
    """Return an owner by how it is displayed."""
    kind, _, key = owner.partition(".")
    return ProviderConfiguration(key) if kind == "provider" else address_in(owner) or Named(owner)
