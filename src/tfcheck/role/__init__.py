"""Everything that grants, limits or hides what a role is allowed to do."""

from tfcheck.role.role import Role
from tfcheck.role.roles import Roles

__all__ = ["Role", "Roles"]
