"""Write the parts of README.md, docs/ and testdata/README.md that tfcheck or a case itself knows best.

A generated part stands between two comments, `<!-- begin: NAME ARGUMENT -->` and `<!-- end -->`:

    screen PLAN     what `tfcheck PLAN` prints, also with options, with the command above it
    change PLAN     what of that says what the change does
    map PLAN TASK   what `tfcheck show PLAN TASK` prints
    query COMMAND   what any other command prints on standard output
    options         the options of `tfcheck check`
    options NAME    those of another command, as in `options atlantis plan`
    checks KIND     a list of the rules that ask for permissions, or of the others
    statuses        the exit statuses
    cases           a list of the cases of testdata/, each with the `about` of its expect.json
    layers          the layers of the import contract, as a Mermaid diagram
    inputs          the inputs of action.yml
    outputs         its outputs
    keys            the keys of a configuration file
    waiver          the keys of a waiver in it

The pages of docs/rules/ are generated as a whole.

    python -m scripts.docs            write them
    python -m scripts.docs --check    only say which pages are not current
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import sys
import tomllib
from collections.abc import Callable
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import click

from scripts import rule_pages
from tfcheck.analysis import rulebook
from tfcheck.cli import main as cli
from tfcheck.config.keys import KEYS, ConfigKey, Kind
from tfcheck.config.schema import schema
from tfcheck.config.waivers import WAIVER_KEYS
from tfcheck.report.json import encode

ROOT = Path(__file__).resolve().parent.parent
TESTDATA = ROOT / "testdata"
#: The schema of configuration files, which the package contains.
SCHEMA = ROOT / "src" / "tfcheck" / "config" / "tfcheck.schema.json"
_PART = re.compile(r"(<!-- begin: (\w+)(?: ([^\n]+?))? -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """Return the pages that may hold generated parts."""
    return [
        ROOT / "README.md",
        *sorted((ROOT / "docs").glob("*.md")),
        rule_pages.FOLDER / "README.md",
        TESTDATA / "README.md",
    ]


def schema_text() -> str:
    """Return the text that the schema of configuration files should have."""
    return encode(schema(rulebook.known_rules()))


def current(page: Path) -> str:
    """Return the text that a page should have."""
    return _PART.sub(_written, page.read_text(encoding="utf-8"))


def _written(found: re.Match[str]) -> str:
    begin, name, argument, end = found.groups()
    return f"{begin}{_PARTS[name](argument or '')}{end}"


def _screen(arguments: str) -> str:
    return f"```console\n$ tfcheck {arguments}\n{_printed(*arguments.split())}```\n"


def _change(plan: str) -> str:
    (part,) = [each for each in _printed(plan).split("\n\n") if each.startswith("This change\n")]
    return f"```\n{part}\n```\n"


def _map(arguments: str) -> str:
    return f"```console\n$ tfcheck show {arguments}\n{_printed('show', *arguments.split())}```\n"


def _query(command: str) -> str:
    return f"```console\n$ tfcheck {command}\n{_printed(*shlex.split(command))}```\n"


def printed(*arguments: str, columns: int = 100, both: bool = False) -> tuple[str, int]:
    """Run a command in this process; return what it prints, on `both` streams or on standard output, and its status."""
    settings = {"COLUMNS": str(columns), "NO_COLOR": "1"}
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    written = io.BytesIO()
    with io.TextIOWrapper(written, encoding="utf-8", write_through=True) as out:
        streams = redirect_stdout(out), redirect_stderr(out if both else sys.stderr)
        with patch.dict(os.environ, outside | settings, clear=True), chdir(ROOT), streams[0], streams[1]:
            status = cli.run([*arguments])
        return written.getvalue().decode(), status


def _printed(*arguments: str) -> str:
    shown, status = printed(*arguments)
    if status not in (0, 1):
        raise RuntimeError(f"`tfcheck {' '.join(arguments)}` ended with {status}")
    return shown


def _options(command: str) -> str:
    rows = ["| option | meaning |", "| --- | --- |"]
    for option in _command(command or "check").params:
        if isinstance(option, click.Option):
            names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
            value = "" if option.is_flag else f" `{_value(option)}`"
            rows.append(f"| {names}{value} | {option.help} |")
    return "\n".join(rows) + "\n"


def _command(names: str) -> click.Command:
    found: click.Command = cli.main
    for name in names.split():
        if isinstance(found, click.Group):
            found = found.get_command(click.Context(found), name) or found
    return found


def _value(option: click.Option) -> str:
    if isinstance(option.type, click.Choice):
        return "\\|".join(option.type.choices)
    return (option.metavar or option.type.name.upper()).replace("|", "\\|")


def _action(part: str) -> dict[str, dict[str, str]]:
    import yaml

    found: dict[str, dict[str, str]] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))[part]
    return found


def _inputs(_: str) -> str:
    rows = ["| input | default | meaning |", "| --- | --- | --- |"]
    for name, each in _action("inputs").items():
        default = f"`{each['default']}`" if each.get("default") else ""
        rows.append(f"| `{name}` | {default} | {each['description']} |")
    return "\n".join(rows) + "\n"


def _outputs(_: str) -> str:
    rows = ["| output | meaning |", "| --- | --- |"]
    rows += [f"| `{name}` | {each['description']} |" for name, each in _action("outputs").items()]
    return "\n".join(rows) + "\n"


def _keys(_: str) -> str:
    rows = ["| key | value | default | variable | meaning |", "| --- | --- | --- | --- | --- |"]
    for key in KEYS:
        rows.append(f"| `{key.path}` | {_accepted(key)} | {key.default} | `{key.variable}` | {key.meaning} |")
    return "\n".join(rows) + "\n"


def _waiver(_: str) -> str:
    rows = ["| key | meaning |", "| --- | --- |", *(f"| `{name}` | {what} |" for name, what in WAIVER_KEYS.items())]
    return "\n".join(rows) + "\n"


def _accepted(key: ConfigKey) -> str:
    kinds = {
        Kind.FLAG: "true or false",
        Kind.PATHS: "list of paths",
        Kind.RULES: "list of rules",
        Kind.SEVERITIES: "table",
    }
    if key.choices:
        return ", ".join(f"`{each}`" for each in key.choices)
    return f"0 to {key.most}" if key.kind is Kind.NUMBER else kinds.get(key.kind, "string")


def _statuses(_: str) -> str:
    rows = re.findall(r"^ +(\d+) +(.+)$", cli.main.help or "", re.MULTILINE)
    lines = ["| status | meaning |", "| --- | --- |", *(f"| {number} | {what} |" for number, what in rows)]
    return "\n".join(lines) + "\n"


def _checks(kind: str) -> str:
    manuals = rulebook.check_rules() if kind == "configuration" else rulebook.permission_rules()
    return "".join(f"- [`{each.id}`]({each.id}.md): {each.title}\n" for each in manuals)


def _cases(_: str) -> str:
    abouts = {path.parent.name: json.loads(path.read_bytes())["about"] for path in TESTDATA.glob("*/expect.json")}
    return "".join(f"- `{name}`: {about}\n" for name, about in sorted(abouts.items()))


def _layers(_: str) -> str:
    """Draw the layers of the import contract as a Mermaid diagram."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ][0]
    layers = [[package.strip("() ") for package in layer.split("|")] for layer in contract["layers"]]
    lines = ["flowchart TB"]
    for number, packages in enumerate(layers):
        lines += [f'  subgraph layer{number}[" "]', *(f"    {package}" for package in packages), "  end"]
    lines += [f"  layer{number} --> layer{number + 1}" for number in range(len(layers) - 1)]
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"


_PARTS: dict[str, Callable[[str], str]] = {
    "screen": _screen,
    "change": _change,
    "query": _query,
    "map": _map,
    "options": _options,
    "statuses": _statuses,
    "inputs": _inputs,
    "outputs": _outputs,
    "keys": _keys,
    "waiver": _waiver,
    "checks": _checks,
    "cases": _cases,
    "layers": _layers,
}


def main(arguments: list[str]) -> int:
    wanted = {page: current(page) for page in pages()} | {SCHEMA: schema_text()} | rule_pages.pages()
    stale = {path: text for path, text in wanted.items() if not path.exists() or text != path.read_text("utf-8")}
    for page, text in stale.items():
        if "--check" in arguments:
            print(f"{page.relative_to(ROOT)} is not current: run `make docs`")
        else:
            page.write_text(text, encoding="utf-8")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
