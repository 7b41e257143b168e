"""Bombs in waivers: many of them, in a file or in comments, and conditions that are tried on many findings."""

from __future__ import annotations

from tests.bombs.plans import files, secrets
from tests.bombs.stack import Bomb, Making, container, evaluated, plan, role, task

_TABLE = '[[waiver]]\nrule="*"\nreason="r"\n'


def _file(line: str, count: int, bomb: Making) -> Making:
    def make() -> Bomb:
        made = bomb()
        rows = "".join(_TABLE + line.replace("NUMBER", str(number)) + "\n" for number in range(count))
        return Bomb(made.plan, {**made.files, "tfcheck.toml": rows})

    return make


def _comments(text: str, files: int = 1) -> Making:
    bomb = evaluated('"x"', "")

    def make() -> Bomb:
        made = bomb()
        main = str(made.files["main.tf"]).replace('resource "aws_ecs', text + 'resource "aws_ecs')
        more = {f"w{number}.tf": text + f"locals {{\n  a{number} = 1\n}}\n" for number in range(files - 1)}
        return Bomb(made.plan, {"main.tf": main, **more})

    return make


def _tasks(count: int) -> Making:
    return lambda: Bomb(plan(role(), *(task([container()], f"t{i}") for i in range(count))))


def _secrets(count: int) -> Making:
    return lambda: Bomb(plan(role(), task([container(secrets=secrets(count, "secretsmanager"))])))


def _env_files(count: int) -> Making:
    return lambda: Bomb(plan(role(), task([container(environmentFiles=files(count))])))


_COMMENT = "# tfcheck:ignore env-file -- r\n"
_NESTED = "!" * 300 + "rule"

WAIVERS: dict[str, Making] = {
    "waivers-many-secrets": _file('address="*"', 4_000, _secrets(60_000)),
    "waivers-many-resources": _file('resource="*NUMBER"', 3_500, _env_files(900)),
    "waivers-many-fingerprints": _file('fingerprint="NUMBER"', 3_500, _env_files(900)),
    "waivers-many-tasks": _file('address="*NUMBER"', 4_000, _tasks(5_000)),
    "waivers-stars": _file(f'resource="{"*a" * 5000}"', 20, _env_files(900)),
    "waivers-where": _file("where=\"message=='NUMBER'\"", 3_500, _tasks(5_000)),
    "waivers-where-long": _file(f"where=\"contains(message, '{'x' * 900}')\"", 200, _tasks(5_000)),
    "waivers-where-or": _file(f'where="{"||".join(["rule"] * 160)}"', 200, _tasks(5_000)),
    "waivers-where-nested": _file(f'where="{_NESTED}"', 5, _tasks(2)),
    "waivers-where-dots": _file(f'where="{"rule" + ".a" * 490}"', 5, _tasks(2)),
    "waivers-where-compared": _file(f'where="{"==".join(["rule"] * 160)}"', 5, _tasks(2)),
    "comments-1e6-below": _comments(_COMMENT * 1000 + "#\n" * 1_000_000),
    "comments-1e5": _comments(_COMMENT * 100_000),
    "comments-files": _comments(_COMMENT * 1000, 500),
    "comments-blocks": _comments("locals {\n}\n" * 100_000 + _COMMENT * 1000),
    "comments-marks": _comments("# " + "# tfcheck:ignore" * 300_000 + "\n"),
    "comments-until": _comments("# tfcheck:ignore env-file -- " + "(until (" * 300_000 + "\n"),
    "comments-spaces": _comments(
        "#" + " " * 3_000_000 + "tfcheck:ignore\n" + "# tfcheck:ignore a -- (until a)" + " " * 3_000_000 + "x\n"
    ),
    "comments-pairs": _comments("# tfcheck:ignore env-file " + "container=x " * 300_000 + "-- r\n"),
}
