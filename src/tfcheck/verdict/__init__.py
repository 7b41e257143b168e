"""Decide whether a role is allowed to make a call, before the change and after it."""
