"""Make the file system that a data source looks up, one that was there before the plan."""

from __future__ import annotations

from typing import Any


def setup(session: Any) -> None:
    """Make it in an empty account."""
    session.client("efs").create_file_system(CreationToken="acme-archive")
