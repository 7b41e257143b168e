"""Everything that grants, limits or hides what a role is allowed to do."""

from tfcheck.role.roles import Role, Roles

__all__ = ["Role", "Roles"]
