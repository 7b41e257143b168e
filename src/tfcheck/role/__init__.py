"""Everything that grants, bounds or hides what a role may do."""

from tfcheck.role.role import DELETED, DELETED_ELSEWHERE, Role
from tfcheck.role.roles import Roles

__all__ = ["DELETED", "DELETED_ELSEWHERE", "Role", "Roles"]
