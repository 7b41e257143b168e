"""Check that every function is found in its module, which is imported on the first call."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import tfcheck.hcl.functions as functions
from tfcheck.hcl.functions.arguments import Function


def test_the_table_lists_the_functions_of_each_module() -> None:
    held: dict[str, Function] = {}
    for path in Path(functions.__file__).parent.glob("*.py"):
        module = import_module(f"tfcheck.hcl.functions.{path.stem}") if path.stem != "__init__" else None
        held.update(getattr(module, "FUNCTIONS", {}))
    assert functions.all_functions() == held


def test_an_unsupported_function_is_not_found() -> None:
    assert functions.find_function("timestamp") is None
