"""Everything that grants, bounds or hides what a role may do."""

from tfcheck.role.roles import DELETED, DELETED_ELSEWHERE, SENSITIVE, Role, Roles

__all__ = ["DELETED", "DELETED_ELSEWHERE", "SENSITIVE", "Role", "Roles"]
