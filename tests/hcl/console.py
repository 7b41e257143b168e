"""Evaluate expressions with `terraform console`, as an oracle for the tests."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest

#: The result for an expression that Terraform refuses to evaluate.
ERROR: Final = "<an error>"
#: Terraform's console takes a line of any length, but slows down with very long ones.
BATCH: Final = 400

needs_terraform = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on the PATH")


def worth(
    expressions: Sequence[str], directory: Path, *, sources: str = "", variables: Mapping[str, Any] | None = None
) -> list[Any]:
    """Evaluate `expressions` in a root module of `sources`, and return the value of each as JSON data, or ERROR.

    Numbers come as int or Fraction. An expression that cannot even be parsed is slow: its batch is halved to find it.
    """
    (directory / "main.tf").write_text(sources, encoding="utf-8")
    (directory / "terraform.tfvars.json").write_text(json.dumps(dict(variables or {})), encoding="utf-8")
    results: list[Any] = []
    for start in range(0, len(expressions), BATCH):
        results += _batch(expressions[start : start + BATCH], directory)
    return results


def plain(value: Any) -> Any:
    """Return a known value of ours as the JSON data that `worth` gives: sets as lists, floats as fractions."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, float | Fraction):
        return _number(str(value))
    items = getattr(value, "items", None)
    return [plain(item) for item in items] if items is not None else value


def _batch(expressions: Sequence[str], directory: Path) -> list[Any]:
    wrapped = ", ".join(f'try(jsonencode({{v = ({expression})}}), "")' for expression in expressions)
    line = f"base64encode(jsonencode([{wrapped}]))\n"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
    command = ["terraform", "console"]
    done = subprocess.run(
        command, input=line, capture_output=True, text=True, cwd=directory, env=environment, timeout=600, check=False
    )
    if done.returncode != 0:
        middle = len(expressions) // 2
        return _batch(expressions[:middle], directory) + _batch(expressions[middle:], directory) if middle else [ERROR]
    if "Warning" in done.stdout:
        # Terraform goes on with sources or variables that it refuses.
        return [ERROR] * len(expressions)
    answers = json.loads(base64.b64decode(done.stdout.strip().strip('"')))
    return [ERROR if answer == "" else json.loads(answer, parse_float=_number)["v"] for answer in answers]


def _number(written: str) -> int | Fraction:
    number = Fraction(written)
    return number.numerator if number.denominator == 1 else number
