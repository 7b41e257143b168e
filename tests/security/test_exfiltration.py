"""Whatever the sources name, nothing outside of what the repository shows gets into any output."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.laws import part
from tests.repository.git import git
from tests.security.checkout import CANARY, CASES, Checkout
from tfcheck.cli import main as cli

TEMPLATE = "containers-from-template"
MODULES = "containers-from-modules"
STOPPED = (
    "ResourceInitializationError: failed to download env files: file download command: non empty error stream: "
    "AccessDenied: Access Denied status code: 403"
)
#: Links that the pull request brings, and then what an expression names.
LINKS = {
    "out": "FOLDER/secret",
    "up": "../../../secret",
    "home": "FOLDER/home/.ssh",
    "token": "../../.git/config",
    "git": "../../.git",
    "state": "terraform.tfstate",
    "plan": "plan.json",
    "environ": "/proc/self/environ",
    "self": "/proc/self",
    "chain": "out",
    "folders/top": "../../../..",
}
PATHS = (
    "FOLDER/secret",
    "../../../secret",
    "./../../.././secret",
    "../web/../../../secret",
    "../../../home/.ssh/id",
    "~/.ssh/id",
    "FOLDER/home/.aws/credentials",
    "../../../runner/_temp/token",
    "/proc/self/environ",
    "/proc/self/cwd/../../../secret",
    "/dev/fd/0",
    "../../.git/config",
    "../../.GIT/config",
    "../../.git/../.git/config",
    "terraform.tfstate",
    "x.tfstate.backup",
    ".terraform/terraform.tfstate",
    ".terraform/providers/key",
    "plan.json",
    "./plan.json",
    "context.json",
    "saved.plan",
    "report.json",
    "out",
    "up",
    "home/id",
    "token",
    "git/config",
    "state",
    "plan",
    "environ",
    "self/environ",
    "self/cwd/terraform.tfstate",
    "chain",
    "folders/top/secret",
)
ONLY_WITH_GIT = (".env", "ignored.env", "generated.json")
WAYS = (
    'file("{}")',
    'templatefile("{}", {{}})',
    'try(file("{}"), "none")',
    'base64decode(filebase64("{}"))',
    'nonsensitive(sensitive(file("{}")))',
    'join("", [for line in split("\\n", file("{}")) : line])',
)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SECRET", CANARY)
    for name in ("CI", "GITHUB_ACTIONS", "TF_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)


def outputs(checkout: Checkout, which: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """Return all that one of the ways to run tfcheck prints and writes."""
    checkout.settle()
    monkeypatch.chdir(checkout.root)
    plan = ["plan.json", "--context", "context.json"]
    commands = (
        ["check", *plan, "--format", "json"],
        ["check", *plan, "--format", "markdown"],
        ["check", *plan, "--output", "report.json", "--format", "sarif"],
        ["fix", *plan],
        ["diff", *plan, "--format", "json"],
        ["explain", STOPPED, *plan],
        ["github"],
        ["atlantis", "plan"],
        ["check", "plan.json", "--debug", "--format", "github"],
    )
    command = commands[which % len(commands)]
    if command[0] in ("github", "atlantis"):
        _in_ci(checkout, monkeypatch)
    status = cli.run(command)
    captured = capsys.readouterr()
    assert status in (0, 1, 3), captured.err
    written = (each for each in checkout.folder.rglob("*") if each.name.startswith("out-") and each.is_file())
    return captured.out + captured.err + "".join(each.read_text() for each in written)


def _in_ci(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    out = checkout.folder / "out"
    out.mkdir()
    variables = {
        "TFCHECK_PLAN": "plan.json",
        "TFCHECK_COMMENT": "off",
        "TFCHECK_OUTPUT_JSON": str(out / "out-report.json"),
        "TFCHECK_SARIF_FILE": str(out / "out-report.sarif"),
        "GITHUB_OUTPUT": str(out / "out-outputs"),
        "GITHUB_STEP_SUMMARY": str(out / "out-summary"),
        "SHOWFILE": str(checkout.root / "plan.json"),
        "PLANFILE": str(checkout.root / "saved.plan"),
        "BASE_REPO_OWNER": "acme",
        "BASE_REPO_NAME": "web",
        "PULL_NUM": "1",
        "HEAD_COMMIT": "0123456789abcdef",
        "TFCHECK_ATLANTIS_DIR": str(out / "out-store"),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def attack(checkout: Checkout, expression: str) -> None:
    """Let the name of a file that a task needs be what an expression gives, as the plan of such sources has it."""
    checkout.plan_without("var.env_files")
    checkout.edit("main.tf", "env_files  = var.env_files", f'env_files = ["x/${{{expression}}}"]')


def attacks() -> Iterator[tuple[int, str, bool]]:
    for number, path in enumerate((*PATHS, *ONLY_WITH_GIT)):
        yield number, path, True
        if path not in ONLY_WITH_GIT and number % 2:
            yield number + 4, path, False


@pytest.mark.parametrize(("number", "path", "with_git"), part([*attacks()], 4))
def test_no_expression_reads_what_is_not_shown(
    number: int,
    path: str,
    with_git: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checkout = Checkout(tmp_path, TEMPLATE, with_git=with_git)
    for name, target in LINKS.items():
        checkout.link(name, target)
    if path in ONLY_WITH_GIT:
        monkeypatch.setenv("CI", "true")
    attack(checkout, WAYS[number % len(WAYS)].format(path.replace("FOLDER", str(tmp_path))))
    assert CANARY not in outputs(checkout, number, capsys, monkeypatch)


@pytest.mark.parametrize("with_git", [True, False])
@pytest.mark.parametrize("which", [0, 1, 6, 7])
def test_what_is_shown_is_read(
    which: int, with_git: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = Checkout(tmp_path, TEMPLATE, with_git=with_git)
    attack(checkout, 'file("public.txt")')
    checkout.edit("main.tf", "/checkout/*", "/nothing/*")
    assert "x/public-5d1e" in outputs(checkout, which, capsys, monkeypatch)


def test_the_reason_names_the_file_and_the_rule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = Checkout(tmp_path, TEMPLATE, with_git=True)
    attack(checkout, 'file("../../.git/config")')
    checkout.edit("main.tf", "/checkout/*", "/x/a*")
    assert "`../../.git/config` is not read: it is git's own" in outputs(checkout, 0, capsys, monkeypatch)


def stolen(checkout: Checkout) -> Path:
    """Make a module elsewhere that would reveal a secret."""
    place = checkout.folder / "other" / "container"
    shutil.copytree(CASES / MODULES / "container", place)
    file = place / "main.tf"
    text = file.read_text()
    assert "length(var.environment_files) > 0 ? var.environment_files : null" in text
    value = '[{ type = "s3", value = "arn:aws:s3:::acme-other/' + CANARY + '" }]'
    file.write_text(text.replace("length(var.environment_files) > 0 ? var.environment_files : null", value))
    return place


MODULE_ATTACKS = (
    "up",
    "absolute",
    "link",
    "linked file",
    "manifest",
    "manifest up",
    "package",
    "data directory",
    "git",
)


@pytest.mark.parametrize("with_git", [True, False])
@pytest.mark.parametrize("way", MODULE_ATTACKS)
def test_no_module_is_read_that_is_not_the_repositorys(
    way: str, with_git: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = Checkout(tmp_path, MODULES, with_git=with_git)
    place = stolen(checkout)
    steal(checkout, way, place)
    found = outputs(checkout, MODULE_ATTACKS.index(way), capsys, monkeypatch)
    assert CANARY not in found


def steal(checkout: Checkout, way: str, place: Path) -> None:
    source = '"./container"'
    directory = {"manifest": str(place), "manifest up": "../../../other/container"}
    match way:
        case "up":
            checkout.edit("main.tf", source, '"../../../other/container"')
        case "absolute":
            checkout.edit("main.tf", source, f'"{place}"')
        case "link":
            checkout.link("here", str(place))
            checkout.edit("main.tf", source, '"./here"')
        case "linked file":
            (checkout.root / "container" / "main.tf").unlink()
            checkout.link("container/main.tf", str(place / "main.tf"))
        case "git":
            shutil.copytree(place, checkout.tree / ".git" / "container")
            checkout.edit("main.tf", source, '"../../.git/container"')
        case "data directory":
            shutil.rmtree(checkout.root / ".terraform")
            manifest(checkout.folder / "other", ".terraform/modules/container")
            shutil.copytree(place, checkout.folder / "other" / "modules" / "container")
            checkout.link(".terraform", "FOLDER/other")
        case "package":
            manifest(checkout.root / ".terraform", ".terraform/modules/container")
            checkout.link(".terraform/modules/container", str(place))
        case _:
            manifest(checkout.root / ".terraform", directory[way])
            checkout.edit("main.tf", source, '"acme/container/aws"')


def manifest(data: Path, directory: str) -> None:
    (data / "modules").mkdir(parents=True)
    text = json.dumps({"Modules": [{"Key": "container", "Source": "x", "Dir": directory}]})
    (data / "modules" / "modules.json").write_text(text)


def test_the_root_module_may_be_no_link_out_of_the_repository(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = Checkout(tmp_path, TEMPLATE, with_git=True)
    shutil.copytree(CASES / TEMPLATE, tmp_path / "other", dirs_exist_ok=True)
    checkout.link("stack", "FOLDER/other")
    checkout.settle()
    monkeypatch.chdir(checkout.root)
    assert cli.run(["plan.json", "--sources", "stack"]) == 3
    assert "`stack` is not read: it is a link that leads out of the repository" in capsys.readouterr().err


def test_the_workspace_is_not_a_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = Checkout(tmp_path, TEMPLATE, with_git=True)
    checkout.link(".terraform/environment", "FOLDER/secret")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    attack(checkout, "terraform.workspace")
    assert CANARY not in outputs(checkout, 0, capsys, monkeypatch)


@pytest.mark.parametrize("which", [0, 1, 2, 3, 6, 7, 8])
def test_generated_files_are_neither_quoted_nor_changed(
    which: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = Checkout(tmp_path, "literal-missing", with_git=True)
    text = (checkout.root / "main.tf").read_text().replace('name = "env-file"', f'name = "env-file" # {CANARY}')
    (checkout.root / "main.tf").write_text(f"# {CANARY}\n" + text)
    (checkout.root / ".gitignore").write_text("main.tf\n")
    checkout.track(".gitignore")
    checkout.settle()
    git(checkout.tree, "rm", "-qf", "--cached", "infra/web/main.tf")
    found = outputs(checkout, which, capsys, monkeypatch)
    assert CANARY not in found
    assert "+++ b/" not in found
