"""Read the files of a checkout, and no others: its author is not trusted."""

from tfcheck.repository.gate import Gate, RefusedError, Run, refused
from tfcheck.repository.work_tree import work_tree

__all__ = ["Gate", "RefusedError", "Run", "refused", "work_tree"]
