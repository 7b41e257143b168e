"""Corrections of what is written wrongly: literals, policies that AWS refuses, task definitions, services."""
