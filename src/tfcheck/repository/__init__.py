"""Read the files of a checkout, and no others: its author is not trusted."""

from tfcheck.repository.gate import Gate, RefusedError, SourceAccess, refusal_error
from tfcheck.repository.work_tree import work_tree

__all__ = ["Gate", "RefusedError", "SourceAccess", "refusal_error", "work_tree"]
