"""The lines of keys, against what the parser finds."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.rows import every_row
from tfcheck.config.tables import KeyPath, key_lines

TEXT = '''fail-on = "error"
severity.image = "warning"

[targets."infra/orders"]
strict = true
select = [
  "a = b",
]
note = """
[not.a.table]
key = "value"
"""
[[waiver]]
rule = "image"
[[waiver]]
'rule' = "secret"
'''


@every_row(
    ("path", "line"),
    [
        (("fail-on",), 1),
        (("severity",), 2),
        (("severity", "image"), 2),
        (("targets", "infra/orders"), 4),
        (("targets", "infra/orders", "strict"), 5),
        (("targets", "infra/orders", "note"), 9),
        (("waiver", 0, "rule"), 14),
        (("waiver", 1), 15),
        (("waiver", 1, "rule"), 16),
    ],
)
def test_every_key_has_the_line_that_it_is_written_on(path: KeyPath, line: int) -> None:
    assert key_lines(TEXT)[path] == line


def test_what_is_in_a_text_is_not_a_key() -> None:
    assert ("not", "a", "table") not in key_lines(TEXT)
    assert ("targets", "infra/orders", "key") not in key_lines(TEXT)


NAMES = st.text("abcdefg-_", min_size=1, max_size=4)


def flat(table: dict[str, Any]) -> str:
    return "".join(
        f"[{name}]\n{''.join(f'{key} = {value}' + chr(10) for key, value in pairs.items())}"
        for name, pairs in table.items()
    )


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, st.integers(0, 9), max_size=4), min_size=1, max_size=5))
def test_the_line_of_a_key_holds_its_value(table: dict[str, dict[str, int]]) -> None:
    text = flat(table)
    assert tomllib.loads(text) == table
    lines, found = text.split("\n"), key_lines(text)
    for name, pairs in table.items():
        for key, value in pairs.items():
            assert lines[found[name, key] - 1] == f"{key} = {value}"
