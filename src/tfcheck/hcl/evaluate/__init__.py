"""Evaluate expressions as far as their values are known."""
