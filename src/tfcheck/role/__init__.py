"""Everything that grants, bounds or hides what a role may do."""

from tfcheck.role.roles import DELETED, SENSITIVE, Role, Roles

__all__ = ["DELETED", "SENSITIVE", "Role", "Roles"]
