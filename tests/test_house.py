"""Does the repository keep its own rules?"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from types import FrameType

import grimp
import pytest

from scripts import docs
from tests.rows import every_row
from tests.source_trees import SOURCES, nodes
from tfcheck.analysis.options import DEFAULTS
from tfcheck.cli.options import PlanOptions
from tfcheck.cli.plans import reports

pytestmark = pytest.mark.usefixtures("checked_once")
ROOT = Path(__file__).parent.parent
PLAN = ROOT / "testdata" / "literal-granted" / "applied.plan.json"
PAGES = [*docs.pages(), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]


def path_in_repository(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def modules_after(*arguments: str) -> set[str]:
    """Return the modules that are loaded once the command has run with `arguments`."""
    code = (
        f"import sys; sys.argv[1:] = {list(arguments)!r}\n"
        "from tfcheck.__main__ import main\n"
        "main(); print(*sys.modules, sep=chr(10), file=sys.stderr)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "src", capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    return set(run.stderr.split("\n"))


def test_the_version_does_not_wait_for_anything() -> None:
    assert modules_after("--version") & {"click", "msgspec", "hcl2", "lark", "yaml", "jmespath", "json"} == set()


def test_a_plan_without_unknowns_loads_nothing_that_is_slow() -> None:
    loaded = modules_after(str(PLAN))
    assert "tfcheck.analysis.check" in loaded
    assert loaded & {"hcl2", "lark", "yaml", "jmespath", "dataclasses", "importlib.metadata", "urllib.request"} == set()
    assert loaded & {"urllib3", "tfcheck.pull_request", "tfcheck.cli.posting"} == set()
    rare = ("analysis.waiver_comments", "hcl.modules.saved_plan", "plan.state", "report.question_words")
    assert loaded.isdisjoint(f"tfcheck.{each}" for each in (*rare, "role.other_stacks", "config.waivers"))


def test_calls_need_no_new_memory_at_any_depth() -> None:
    code = (
        "import resource, sys\n"
        "from tfcheck.__main__ import main\n"
        "from tfcheck.cli import main as cli\n"
        "def leaf(): pass\n"
        "leaf.__code__ = leaf.__code__.replace(co_stacksize=300)\n"
        "def call(depth):\n"
        "    for _ in range(100): leaf()\n"
        "    return call(depth - 1) if depth else 0\n"
        "cli.run = lambda _: call(400)\n"
        "sys.argv[1:] = ['plan.json']; main()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "main()\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "src", capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 100


def imports(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def calls(path: Path) -> Iterator[str]:
    functions = (node.func for node in nodes(path) if isinstance(node, ast.Call))
    yield from (function.id for function in functions if isinstance(function, ast.Name))


def test_no_module_imports_what_makes_every_start_slow() -> None:
    slow = {"dataclasses", "inspect", "importlib.metadata"}
    assert [path_in_repository(path) for path in SOURCES if slow & set(imports(path))] == []


def test_no_module_turns_data_into_code() -> None:
    decoders, interpreters = {"pickle", "marshal", "shelve", "importlib.util"}, {"eval", "exec", "compile"}
    assert [path_in_repository(path) for path in SOURCES if decoders & set(imports(path))] == []
    assert [path_in_repository(path) for path in SOURCES if interpreters & set(calls(path))] == []


def test_one_module_talks_to_anybody() -> None:
    talking = {"urllib3", "urllib.request", "http.client", "socket", "requests"}
    assert [path_in_repository(path) for path in SOURCES if talking & set(imports(path))] == [
        "src/tfcheck/pull_request/connection.py"
    ]


def test_no_files_import_one_another_in_a_circle() -> None:
    """Imports inside functions and for types count too."""
    graph = grimp.build_graph("tfcheck")
    order = TopologicalSorter({each: graph.find_modules_directly_imported_by(each) for each in graph.modules})
    order.prepare()  # raises CycleError, with the circle


def test_a_module_stays_short_enough_to_be_read() -> None:
    lines = {path_in_repository(path): path.read_text(encoding="utf-8").count("\n") for path in SOURCES}
    assert {path: number for path, number in lines.items() if number > 400} == {}


def test_a_module_gives_each_name_one_meaning() -> None:
    """A constant that is assigned twice has the second value everywhere, also in the functions above it."""
    names = Counter(
        (path_in_repository(path), name.id)
        for path in SOURCES
        for statement in ast.iter_child_nodes(nodes(path)[0])
        if isinstance(statement, ast.Assign | ast.AnnAssign)
        for target in (statement.targets if isinstance(statement, ast.Assign) else [statement.target])
        for name in (target.elts if isinstance(target, ast.Tuple) else [target])
        if isinstance(name, ast.Name)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_no_module_is_named_after_nothing() -> None:
    empty_words = {"utils", "util", "core", "common", "manager", "helper", "helpers", "misc"}
    assert [path for path in SOURCES if path.stem in empty_words] == []


def test_no_two_classes_share_a_name() -> None:
    names = Counter(node.name for path in SOURCES for node in nodes(path) if isinstance(node, ast.ClassDef))
    assert [name for name, count in names.items() if count > 1] == []


def test_no_function_is_named_by_a_participle_alone() -> None:
    """A function is a verb, or a noun for what it returns: `decide` or `decision`, not `decided`."""
    participle = re.compile(
        r"_*(?:[a-z]*[^e]ed|written|told|shown|given|known|found|said|kept|left|held|taken|drawn|made|chosen|bound|forgotten|lost|hidden)"
    )
    functions = (
        (path_in_repository(path), node.name)
        for path in SOURCES
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef)
    )
    assert [(path, name) for path, name in functions if participle.fullmatch(name)] == []


def functions_that_receive(path: Path) -> list[str]:
    """Return the functions that are called with a plan's path during its check, in order."""
    found: list[str] = []

    def is_path(value: object) -> bool:
        return value in (str(path), path) or (isinstance(value, tuple) and str(path) in value)

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event == "call" and "/tfcheck/" in code.co_filename and not code.co_name.startswith("<"):
            arguments = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
            if any(is_path(frame.f_locals.get(each)) for each in arguments):
                found.append(code.co_qualname)

    sys.setprofile(note)
    try:
        reports([str(path)], PlanOptions(None, (), None, None), DEFAULTS, quiet=True)
    finally:
        sys.setprofile(None)
    return found


def test_few_functions_hand_on_the_path_of_a_plan() -> None:
    """The way from the command line to the report stays short, also where a fix is tried."""
    assert len(functions_that_receive(ROOT / "testdata" / "literal-missing" / "plan.json")) <= 16


def words_asked(tree: ast.AST) -> Iterator[str]:
    """Yield the tests of what the words of a reason are: a call of a method, or a comparison with a text."""
    asking = {"startswith", "endswith", "partition", "rpartition", "removeprefix", "removesuffix", "split", "find"}
    reasons = {"reason", "because", "doubt", "waits_for"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in asking:
            asked = node.func.value
        elif isinstance(node, ast.Compare) and isinstance(node.left, ast.Constant) and node.left.value != "`":
            asked = node.comparators[0]
        else:
            continue
        if (asked.attr if isinstance(asked, ast.Attribute) else getattr(asked, "id", "")) in reasons:
            yield ast.unparse(node)


def test_nothing_asks_for_the_words_of_a_reason() -> None:
    """What depends on why something is so asks a type; only a backtick is looked for, to put no two into one reason."""
    assert [(path_in_repository(path), each) for path in SOURCES for each in words_asked(nodes(path)[0])] == []


@pytest.mark.parametrize("page", docs.pages(), ids=path_in_repository)
def test_generated_parts_are_current(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == docs.current(page), "run `make docs`"


@every_row("page", PAGES)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


@every_row("page", PAGES)
def test_make_targets_on_the_pages_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= targets


@pytest.mark.parametrize("name", ["Makefile", "scripts/quick_tests.sh", "scripts/mutate_iam.py", "testdata/README.md"])
def test_tests_that_are_named_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    quick = re.findall(r"^QUICK = (.*)", text, re.MULTILINE)
    chosen = {*re.findall(r"tests/[\w/]+(?:\.py)?", text), *(f"tests/{each}" for each in " ".join(quick).split())}
    assert chosen
    assert [each for each in sorted(chosen) if not (ROOT / each).exists()] == []


def test_actions_are_pinned_to_a_commit() -> None:
    for workflow in (ROOT / ".github").rglob("*.yml"):
        for action in re.findall(r"uses: *(\S+)", workflow.read_text(encoding="utf-8")):
            assert re.fullmatch(r"\./.*|[\w./-]+@[0-9a-f]{40}", action), action


def tracked(*options: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z", *options], cwd=ROOT, capture_output=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def test_nothing_that_is_made_or_downloaded_is_committed() -> None:
    assert tracked("--cached", "--ignored", "--exclude-standard") == []


#: Written in pieces, so that this file is not found by its own search. Each begins with what is quick to look for.
FORBIDDEN = [
    *(re.compile(f"/{folder}/[a-z]".encode()) for folder in ("home", "Users", "root")),
    re.compile(rb"BEGIN [A-Z ]*" + b"PRIVATE KEY"),
    re.compile(b"index" + b"-url"),
    re.compile(rb"AKIA(?!IOSFODNN7EXAMPLE)" + b"[A-Z0-9]{16}"),
    *(re.compile(f"gh{kind}_".encode() + b"[A-Za-z0-9]{30}") for kind in "pousr"),
]


def test_the_repository_holds_no_secrets_and_nothing_of_the_machine_it_was_made_on() -> None:
    found = [
        f"{path_in_repository(path)}: {match[0].decode()}"
        for path in tracked()
        if path.is_file()
        for data in [path.read_bytes()]
        for pattern in FORBIDDEN
        for match in pattern.finditer(data)
    ]
    assert found == []
