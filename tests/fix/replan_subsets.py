"""Plan fixed cases with keys removed and gates turned, with Terraform and the AWS provider.

    PYTHONPATH=src:. python tests/fix/replan_subsets.py --python MOTO_PYTHON [--providers DIR] [CASE...]

What is planned: every list of literals and every map with an element less, lists without any, and every boolean default
turned. Exits with 1 where a variant of a case can be planned before `tfcheck fix --write` and not after it. MOTO_PYTHON
is a Python with moto, as `scripts/make_plans.py` needs it.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.cases import TESTDATA, Case, with_expectation
from tests.fix.replan import MAKE_PLANS, patched
from tfcheck.fix.text.policy_text import ListParts, ObjectParts, Parts, read_parts
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import read_source

_OPENING = re.compile(r"[\[{]")
_RANGE = re.compile(r"range\((\d+)\)")
_COMMA = re.compile(r"\s*,")
#: So many elements of one list or map are left out, one at a time.
_MOST = 4


def main() -> None:
    """Plan all variants; the last line says how many can be planned."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default="python3", help="the Python that has moto")
    parser.add_argument("--providers", help="directory of provider plugins")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()
    wrong: list[str] = []
    number = 0
    for case in [Case(TESTDATA / name) for name in options.cases] or with_expectation():
        with tempfile.TemporaryDirectory() as name:
            found = dict(_variants(case, Path(name)))
            failed = _failed([fixed for _, fixed in found.values()], Path(name), options)
            before = [found[each][0] for each in found if found[each][1].name in failed]
            excused = _failed(before, Path(name), options)
            faults = [each for each, (old, new) in found.items() if new.name in failed and old.name not in excused]
            number += len(found) - len(excused)
            wrong += [f"{case.name}: {each}" for each in faults]
            print(f"{case.name}: {len(found)} variants, {len(excused)} not plannable, {faults or 'ok'}", flush=True)
    print(f"{number - len(wrong)} of {number} variants can be planned as before")
    raise SystemExit("\n".join(wrong) if wrong else 0)


def _variants(case: Case, scratch: Path) -> Iterator[tuple[str, tuple[Path, Path]]]:
    """Write each variant of a case, as it is and fixed."""
    fixed = scratch / "fixed" / case.name
    if not patched(case, fixed):
        return
    for number, (file, old, new) in enumerate(_changes(case)):
        pair = list[Path]()
        for source, kind in ((case.folder, "plain"), (fixed, "fixed")):
            folder = scratch / "variants" / f"{case.name}-{number}-{kind}"
            shutil.copytree(source, folder)
            text = (folder / file).read_text()
            (folder / file).write_text(text.replace(old, new))
            pair += [folder] if old in text else []  # a fix may have changed the same argument
        if len(pair) > 1:
            yield f"{file}: {_short(old)} -> {_short(new)}", (pair[0], pair[1])


def _failed(folders: list[Path], scratch: Path, options: argparse.Namespace) -> set[str]:
    """Plan folders; name those that cannot be planned."""
    if not folders:
        return set()
    providers = ["--providers", options.providers] if options.providers else []
    command = [options.python, str(MAKE_PLANS), *providers, "--only-plan", "--out", str(scratch / "plans")]
    done = subprocess.run([*command, *map(str, folders)], check=False, capture_output=True, text=True)
    made = {line.split()[1] for line in done.stdout.split("\n") if line.startswith("ok ")}
    return {each.name for each in folders} - made


def _changes(case: Case) -> Iterator[tuple[str, str, str]]:
    """Yield each change of what keys or gates come from: the file, and the argument before and after."""
    seen: set[tuple[str, str, str]] = set()
    for path in sorted(case.folder.rglob("*.tf")):
        name = path.relative_to(case.folder).as_posix()
        text = path.read_text()
        blocks = read_source(SourceText(name, text)).blocks if not name.startswith("before/") else ()
        for argument in (each for block in blocks for each in _arguments(block)):
            start, end = argument.start, argument.value_end
            for first, last, new in _smaller(text, argument):
                change = (name, text[start:end], text[start:first] + new + text[last:end])
                if change not in seen:
                    seen.add(change)
                    yield change


def _smaller(text: str, argument: Argument) -> Iterator[tuple[int, int, str]]:
    """Yield what is replaced by what: a boolean, an element that is left out, all of a list."""
    value = text[argument.value_start : argument.value_end].strip()
    if value in ("true", "false"):
        yield argument.value_start, argument.value_end, "false" if value == "true" else "true"
    for found in _RANGE.finditer(text, argument.value_start, argument.value_end):
        yield from ((found.start(1), found.end(1), each) for each in (str(int(found[1]) - 1), "0"))
    openings = _OPENING.finditer(text, argument.value_start, argument.value_end)
    read_out = (_parts(text, each.start()) for each in openings)
    parts = next((each for each in read_out if isinstance(each, ListParts | ObjectParts)), None)
    if isinstance(parts, ListParts) and all(text[each.start] == '"' for each in parts.items):
        yield from ((each.start, _behind(text, each.end), "") for each in parts.items[:_MOST])
        yield parts.start, parts.end, "[]"
    elif isinstance(parts, ObjectParts):
        yield from ((each.start, _behind(text, each.value.end), "") for each in parts.items[:_MOST])


def _parts(text: str, start: int) -> Parts | None:
    try:
        return read_parts(text, start)
    except MalformedError:
        return None


def _behind(text: str, end: int) -> int:
    """Return the offset behind the comma that follows an element."""
    following = _COMMA.match(text, end)
    return following.end() if following else end


def _short(text: str) -> str:
    return re.sub(r"\s+", " ", text)[:70]


def _arguments(block: Block) -> Iterator[Argument]:
    """Yield what keys and gates come from."""
    if block.type == "locals":
        yield from block.arguments.values()
    elif block.type == "variable" and "default" in block.arguments:
        yield block.arguments["default"]
    elif block.type in ("resource", "data", "module"):
        yield from (block.arguments[each] for each in ("for_each", "count") if each in block.arguments)
        if block.type == "module":
            yield from (each for each in block.arguments.values() if each.name not in ("source", "for_each", "count"))


if __name__ == "__main__":
    main()
