from __future__ import annotations

from pathlib import Path
from typing import Any

import tfcheck.iam

PAGE = Path(__file__).resolve().parents[2] / "docs" / "iam.md"


def test_the_example_runs_as_written() -> None:
    blocks = PAGE.read_text(encoding="utf-8").split("```python\n")[1:]
    assert len(blocks) == 1
    names: dict[str, Any] = {}
    exec(blocks[0].partition("```")[0], names)
    assert type(names["decision"]).__name__ == "Denied"


def test_every_function_is_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    functions = [name for name in tfcheck.iam.__all__ if name.islower()]
    assert [name for name in functions if name not in page] == []
