"""Is every function found, although its module is imported only when it is called?"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import tfcheck.hcl.functions as functions
from tfcheck.hcl.functions.arguments import Function


def test_the_table_lists_what_the_modules_hold() -> None:
    held: dict[str, Function] = {}
    for path in Path(functions.__file__).parent.glob("*.py"):
        module = import_module(f"tfcheck.hcl.functions.{path.stem}") if path.stem != "__init__" else None
        held.update(getattr(module, "FUNCTIONS", {}))
    assert functions.all_functions() == held


def test_what_is_not_supported_is_not_found() -> None:
    assert functions.find_function("timestamp") is None
