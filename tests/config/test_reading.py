"""Where a configuration file is found, what of it is read, and what is said of a wrong one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.repository.git import git, init
from tfcheck.config.reading import LARGEST, settings_in, settings_of
from tfcheck.config.settings import ConfigFile
from tfcheck.vocabulary.errors import UsageError

RULES = ("image", "image-host", "env-file")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(directory: Path, *, shared: bool = False) -> ConfigFile | None:
    return settings_of(directory, lambda: RULES, shared=shared)


def configuration_file(path: Path, text: str = 'fail-on = "info"\n') -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refused(directory: Path, *, shared: bool = False) -> tuple[str, str]:
    with pytest.raises(UsageError) as raised:
        found(directory, shared=shared)
    assert "\n" not in raised.value.message + raised.value.hint
    return raised.value.message, raised.value.hint


# Where it is


def test_the_nearest_file_counts_and_none_above_the_work_tree(here: Path) -> None:
    configuration_file(here / "tfcheck.toml", "not toml")
    tree = here / "repository"
    (tree / ".git").mkdir(parents=True)
    infra = tree / "infra" / "orders"
    infra.mkdir(parents=True)
    assert found(infra) is None
    top = configuration_file(tree / "tfcheck.toml")
    assert (first := found(infra)) is not None
    assert (first.file, first.path, first.named) == (top, "tfcheck.toml", "repository/tfcheck.toml")
    near = configuration_file(tree / "infra" / "pyproject.toml", '[tool.tfcheck]\nfail-on = "never"\n')
    assert (second := found(infra)) is not None
    assert (second.file, second.path, second.common["fail-on"].value) == (near, "infra/pyproject.toml", "never")
    configuration_file(tree / "infra" / "tfcheck.toml")
    assert (third := found(infra)) is not None
    assert third.path == "infra/tfcheck.toml"


def test_without_git_only_the_directory_itself_counts(here: Path) -> None:
    configuration_file(here / "tfcheck.toml")
    (here / "infra").mkdir()
    assert found(here / "infra") is None
    assert found(here) is not None


@pytest.mark.parametrize("text", ["[tool.ruff]\nline-length = 100\n", "# tfcheck\n[tool]\nother = 1\n"])
def test_a_project_without_a_table_of_ours_is_passed_over(here: Path, text: str) -> None:
    configuration_file(here / "pyproject.toml", text)
    assert found(here) is None


def test_in_ci_it_counts_only_if_git_tracks_it(here: Path) -> None:
    init(here)
    configuration_file(here / "tfcheck.toml")
    message, hint = refused(here, shared=True)
    assert message == "the configuration `tfcheck.toml` is not read: git does not track it"
    assert hint == "add it to git, or name a file with --config; `--config off` reads none"
    assert found(here) is not None
    git(here, "add", "tfcheck.toml")
    assert found(here, shared=True) is not None


def test_in_ci_there_has_to_be_a_repository(here: Path) -> None:
    configuration_file(here / "tfcheck.toml")
    assert refused(here, shared=True)[0].endswith("is not read: no git repository tracks it")


def test_a_link_out_of_the_work_tree_is_not_followed(here: Path) -> None:
    secret = configuration_file(here / "secret.toml", 'password = "hunter2"\n')
    tree = here / "repository"
    init(tree)
    (tree / "tfcheck.toml").symlink_to(secret)
    message, _ = refused(tree)
    assert message.endswith("it is a link that leads out of the repository")
    (tree / "tfcheck.toml").unlink()
    (tree / "pyproject.toml").symlink_to(secret)
    assert found(tree) is None


def test_a_file_that_is_named_may_lie_anywhere(here: Path) -> None:
    named = configuration_file(
        here / "etc" / "tfcheck.toml", 'context = ["/var/lib/network.json", "../platform.json"]\n'
    )
    context = settings_in(named, lambda: RULES).common["context"]
    assert context.value == (os.path.relpath("/var/lib/network.json"), "platform.json")
    with pytest.raises(UsageError, match="cannot be read: no such file"):
        settings_in(here / "none.toml", lambda: RULES)


@pytest.mark.parametrize("with_git", [True, False])
def test_a_file_that_is_named_is_not_a_link_out_of_the_work_tree(here: Path, with_git: bool) -> None:
    configuration_file(here / "other" / "secret.toml", 'fail-on = "hunter2"\n')
    init(here / "repository")
    if with_git:
        init(here / "other")
    (here / "repository" / "tfcheck.toml").symlink_to(here / "other" / "secret.toml")
    (here / "repository" / "ci").symlink_to(here / "other")
    for name in ("repository/tfcheck.toml", "repository/ci/secret.toml"):
        for file in (Path(name), here / name):
            with pytest.raises(UsageError, match="is not read: it is a link that leads out of the repository"):
                settings_in(file, lambda: RULES)


def test_a_link_inside_of_the_work_tree_is_followed_where_it_is_named(here: Path) -> None:
    configuration_file(init(here / "repository") / "ci" / "tfcheck.toml")
    (here / "repository" / "tfcheck.toml").symlink_to("ci/tfcheck.toml")
    assert settings_in(Path("repository/tfcheck.toml"), lambda: RULES).path == "ci/tfcheck.toml"


# What is wrong with it


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("\nfail_on = 'error'", "`tfcheck.toml:2`: unknown key `fail_on`", "did you mean `fail-on`?"),
        ("colour = 'auto'", "`tfcheck.toml:1`: unknown key `colour`", "did you mean `color`?"),
        (
            "\n[tool.tfcheck]\nquiet = true",
            "`tfcheck.toml:2`: unknown key `tool`",
            "the keys of tfcheck.toml stand by themselves: [tool.tfcheck] is for pyproject.toml",
        ),
        (
            "[fix]\n\nsafe_only = true",
            "`tfcheck.toml:3`: unknown key `safe_only` in [fix]",
            "did you mean `safe-only`?",
        ),
        ("fail-on = 'errors'", "`tfcheck.toml:1`: `fail-on` is `errors`", "it can be error, warning, info, never"),
        ("strict = 'true'", "`tfcheck.toml:1`: `strict` is `true`", "it can be true or false"),
        ("fix = true", "`tfcheck.toml:1`: `fix` is not a table", "write it as [fix]"),
        (
            "ignore = ['image', 'env-flie']",
            "`tfcheck.toml:1`: `ignore`: there is no rule `env-flie`",
            "did you mean `env-file`?",
        ),
        (
            "[severity]\nimages = 'info'",
            "`tfcheck.toml:2`: `severity`: there is no rule `images`",
            "did you mean `image`?",
        ),
        (
            "[severity]\nsecret = 'info'\nimage = 'warn'",
            "`tfcheck.toml:3`: `severity` of `image` is `warn`",
            "did you mean `warning`?",
        ),
        (
            "severity = 'high'",
            "`tfcheck.toml:1`: `severity` is `high`",
            "it is a table of rules, and their values can be error, warning, info",
        ),
        ("\n[[waivers]]\nrule = 'image'", "`tfcheck.toml:2`: unknown key `waivers`", "did you mean `waiver`?"),
        (
            "account = 123456789012",
            "`tfcheck.toml:1`: `account` is `123456789012`",
            'the number of an AWS account has 12 digits; write it in quotes: "123456789012"',
        ),
        (
            "[targets.'infra/a']\nformat = 'json'",
            '`tfcheck.toml:2`: unknown key `format` in [targets."infra/a"]',
            "the keys are fail-on, new-only, strict, select, ignore, severity, baseline, context, workspace, account",
        ),
        (
            "context = ['../other/state.json']",
            "`tfcheck.toml:1`: `context` names `../other/state.json`, which is not read: it lies outside "
            "the root module's directory; there is no repository",
            "paths stay inside the work tree of the file",
        ),
        ("[targets]\n'.' = 3", "`tfcheck.toml:2`: `.` is not a table", 'write it as [targets."."]'),
        ("workspace = ['a']", "`tfcheck.toml:1`: `workspace` is a list", "it is a string"),
        (
            "ignore = ['image', 3]",
            "`tfcheck.toml:1`: `ignore` is a list with values that are not strings",
            'it is a list of strings: ["..."]',
        ),
        (
            "a = 1\na = 2\n",
            "`tfcheck.toml:2` is not TOML: cannot overwrite a value",
            "https://toml.io explains how TOML is written",
        ),
        (
            "x",
            "`tfcheck.toml:1` is not TOML: expected '=' after a key in a key/value pair",
            "https://toml.io explains how TOML is written",
        ),
    ],
)
def test_an_error_names_file_line_and_key(here: Path, text: str, message: str, hint: str) -> None:
    configuration_file(here / "tfcheck.toml", text)
    assert refused(here) == (message, hint)


def test_a_table_of_pyproject_is_called_by_its_line(here: Path) -> None:
    configuration_file(here / "pyproject.toml", "[tool.ruff]\nselect = ['E']\n[tool.tfcheck]\nselct = ['image']\n")
    message, hint = refused(here)
    assert message == "`pyproject.toml:4`: unknown key `selct` in [tool.tfcheck]"
    assert hint == "did you mean `select`?"


@pytest.mark.parametrize(
    "path", [".git/config", ".terraform/x", "terraform.tfstate", "link", "/etc/passwd", "a\\u0000b", "~/x"]
)
def test_no_path_leads_out_of_the_work_tree_or_to_what_is_private(here: Path, path: str) -> None:
    tree = here / "repository"
    init(tree)
    configuration_file(here / "outside.json")
    (tree / "link").symlink_to(here / "outside.json")
    configuration_file(tree / "tfcheck.toml", f'context = ["{path}"]\n')
    assert "which is not read" in refused(tree)[0]


def test_of_a_value_only_its_beginning_is_shown(here: Path) -> None:
    configuration_file(here / "tfcheck.toml", f"fail-on = '{'s3cret' * 1000}'\n")
    assert len(refused(here)[0]) < 150


HOSTILE = {
    "large": "# " + "x" * LARGEST,
    "deep": "a = " + "[" * 20_000,
    "deeper": "a = " + "{b=" * 20_000,
    "dotted": ".".join("a" * 20_000) + " = 1",
    "dotted, with quotes": ".".join(['"a b"'] * 20_000) + " = 1",
    "dotted, with quotes of both kinds": ".".join(["'a b'", '"\\""'] * 20_000) + " = 1",
    "a table with quotes": "[" + ".".join(['"a b"'] * 20_000) + "]",
    "behind a string of several lines": 'a = ["""x"""", {' + ".".join(['"a b"'] * 20_000) + " = 1}]",
    "behind a comment": "# '\n" + ".".join(['"a b"'] * 20_000) + " = 1",
    "behind an escape": 'a = "\\"\\\\"\n' + ".".join(['"a b"'] * 20_000) + " = 1",
    "many tables": "".join(f"[a{number}]\n" for number in range(4_000)),
    "many arrays": "[[a.b]]\n" * 5_000,
    "not text": "fail-on = \x00",
    "huge number": "fail-on = " + "9" * 5_000,
    "many keys": "".join(f"{'b.' * 50}a{number} = 1\n" for number in range(300)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_one_line(here: Path, name: str) -> None:
    configuration_file(here / "tfcheck.toml", HOSTILE[name])
    message, hint = refused(here)
    assert len(message) + len(hint) < 1_000


def test_a_file_that_is_not_text_is_refused(here: Path) -> None:
    (here / "tfcheck.toml").write_bytes(b"\xff\xfe")
    assert refused(here)[0] == "`tfcheck.toml` is not TOML: its text is not UTF-8"
