from __future__ import annotations

import errno
import os
import subprocess
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from tests.report.samples import BROKEN
from tests.rows import every_row
from tfcheck.atlantis.store import ResultStore, root
from tfcheck.atlantis.surroundings import PlannedPull, Project, project, pull
from tfcheck.report.json import json
from tfcheck.vocabulary.errors import InputError, UsageError

PULL = PlannedPull("acme", "shop", 42, "a" * 40)
PROJECT = Project("shop", "infra", "default", "", "", "")
DAY = 24 * 3600
CLONE = {"BASE_REPO_OWNER": "acme", "BASE_REPO_NAME": "shop", "PULL_NUM": "42"}


@every_row(
    ("variables", "expected"),
    [
        ({"TFCHECK_ATLANTIS_DIR": "/a", "ATLANTIS_DATA_DIR": "/b"}, "/a"),
        ({"ATLANTIS_DATA_DIR": "/b"}, "/b/tfcheck"),
        ({"ATLANTIS_DATA_DIR": "data", "DIR": "/srv/data/repos/acme/shop/42/default", **CLONE}, "/srv/data/tfcheck"),
        ({"DIR": "/srv/data/repos/acme/shop/42/default/infra/a", **CLONE}, "/srv/data/tfcheck"),
    ],
)
def test_step_and_hook_find_one_folder(variables: dict[str, str], expected: str) -> None:
    assert root(variables) == Path(expected)


def test_a_home_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/srv/atlantis")
    assert root({"ATLANTIS_DATA_DIR": "~/.atlantis"}) == Path("/srv/atlantis/.atlantis/tfcheck")


def test_a_folder_must_be_absolute() -> None:
    with pytest.raises(UsageError, match="is not an absolute path"):
        root({"TFCHECK_ATLANTIS_DIR": "results"})


def test_nothing_is_made_behind_a_link_in_a_repository(tmp_path: Path) -> None:
    (tmp_path / "clone" / ".git").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "clone" / "results").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(InputError, match="is a symbolic link that leads elsewhere"):
        ResultStore(tmp_path / "clone" / "results", PULL).announce(PROJECT)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_the_temporary_folder_is_private_or_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    found = root({"DIR": "/elsewhere"})
    assert found.stat().st_mode & 0o777 == 0o700
    assert root({}) == found
    found.chmod(0o755)
    with pytest.raises(UsageError, match="is not private"):
        root({})
    found.rmdir()
    found.symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    with pytest.raises(UsageError, match="is not private"):
        root({})


@pytest.mark.parametrize("owner", ["..", ".", "group/sub", "a\nb", "../../etc", "%2E", "\udcff"])
def test_no_name_leads_elsewhere(tmp_path: Path, owner: str) -> None:
    ResultStore(tmp_path, PlannedPull(owner, owner, 42, "a" * 40)).save(PROJECT, json(BROKEN))
    [kept] = tmp_path.rglob("*.json")
    assert len(kept.relative_to(tmp_path).parts) == 5


def test_what_is_wrong_with_one_file_keeps_none_of_the_others(tmp_path: Path) -> None:
    store = ResultStore(tmp_path, PULL)
    store.save(PROJECT, json(BROKEN))
    [kept] = tmp_path.rglob("*.json")
    kept.with_name("forged.json").write_text("{}", encoding="utf-8")
    found = store.read_all()
    assert len(found.reports) == 1
    assert [each for each in found.problems if "forged.json" in each]


def test_saving_again_replaces(tmp_path: Path) -> None:
    store = ResultStore(tmp_path, PULL)
    for _ in range(2):
        store.save(PROJECT, json(BROKEN))
    assert len([*tmp_path.rglob("*.json*")]) == 1


@pytest.mark.parametrize("is_announced", [True, False])
def test_an_earlier_result_does_not_outlive_a_plan_whose_result_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_announced: bool
) -> None:
    store = ResultStore(tmp_path, PULL)
    store.save(PROJECT, json(msgspec.structs.replace(BROKEN, context={"target": PROJECT.target})))
    if is_announced:
        store.announce(PROJECT)
    monkeypatch.setattr("tfcheck.atlantis.store.write", _fill_disk)
    with pytest.raises(InputError, match="the result could not be saved: no space left on device"):
        store.save(PROJECT, json(BROKEN))

    found = store.read_all()
    assert found.replan_failed == ((PROJECT.target,) if is_announced else ())
    assert found.lost == (() if is_announced else (PROJECT.target,))


def _fill_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "acme").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="the result could not be saved: file exists"):
        ResultStore(tmp_path, PULL).save(PROJECT, json(BROKEN))


def test_a_folder_that_cannot_be_read_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the results cannot be read: file name too long"):
        ResultStore(tmp_path / ("x" * 5_000), PULL).read_all()


def test_what_is_a_month_old_goes_with_its_folders(tmp_path: Path) -> None:
    old, new = PlannedPull("acme", "old", 1, "b" * 40), PULL
    for each in (old, new):
        ResultStore(tmp_path, each).save(PROJECT, json(BROKEN))
    for path in tmp_path.rglob("*.json"):
        os.utime(path, (DAY, DAY) if path.parent.name == old.commit else (2 * DAY, 2 * DAY))
    ResultStore(tmp_path, new, lambda: 31 * DAY - 1).drop_old()
    assert sorted(path.name for path in (tmp_path / "acme").iterdir()) == ["old", "shop"]
    ResultStore(tmp_path, new, lambda: 31.5 * DAY).drop_old()
    assert [path.name for path in (tmp_path / "acme").iterdir()] == ["shop"]


def dated(tmp_path: Path, about: PlannedPull, projects: Sequence[Project], seconds: int) -> ResultStore:
    """Keep results as if they had been written at a certain time."""
    store = ResultStore(tmp_path, about)
    for each in projects:
        store.save(each, json(BROKEN))
    for path in (tmp_path / "acme" / "shop" / "42" / about.commit).iterdir():
        os.utime(path, (seconds, seconds))
    return store


def test_of_other_commits_only_what_is_older_and_has_a_newer_result_goes(tmp_path: Path) -> None:
    older, newer = PlannedPull("acme", "shop", 42, "b" * 40), PlannedPull("acme", "shop", 42, "c" * 40)
    web = Project("shop", "web", "default", "", "", "")
    dated(tmp_path, older, [PROJECT, web], 60)
    store = dated(tmp_path, PULL, [PROJECT], 120)
    dated(tmp_path, newer, [PROJECT], 180)
    assert store.read_all().lost == ("web",)
    store.drop_superseded()
    left = sorted(f"{path.parent.name[0]} {path.name.partition('-')[0]}" for path in tmp_path.rglob("*.json"))
    assert left == ["a infra", "b web", "c infra"]
    assert store.read_all().lost == ("web",)
    assert ResultStore(tmp_path, newer).read_all().lost == ("web",)


def test_a_late_hook_misses_nothing_that_came_after_its_commit(tmp_path: Path) -> None:
    newer = PlannedPull("acme", "shop", 42, "c" * 40)
    store = dated(tmp_path, PULL, [PROJECT], 120)
    dated(tmp_path, newer, [Project("shop", "web", "default", "", "", "")], 180)
    assert store.read_all().lost == ()


def test_an_announced_project_is_missed_until_there_is_a_result(tmp_path: Path) -> None:
    store = ResultStore(tmp_path, PULL)
    store.announce(PROJECT)
    assert store.read_all().lost == store.read_all(checked_out(tmp_path / "clone", PULL.commit)).lost == ("infra",)
    store.announce(Project("shop", "web", "default", "", "", ""))
    store.save(PROJECT, json(BROKEN))
    assert store.read_all().lost == ("web",)


def checked_out(top: Path, commit: str, *files: str) -> Path:
    """Make a clone as Atlantis leaves it after a reset to a commit, with these files in it."""
    top.mkdir()
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", "-C", str(top)]
    subprocess.run([*git, "init", "-q", "-b", "topic"], check=True)
    for name in files:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text("", encoding="utf-8")
    subprocess.run([*git, "add", "-A"], check=True)
    (top / ".git" / "refs" / "heads" / "topic").write_text(f"{commit}\n", encoding="utf-8")
    return top


def planned(folder: Path, about: PlannedPull, *projects: Project) -> None:
    """Announce projects a minute before what has a result."""
    for each in projects:
        ResultStore(folder, about).announce(each)
    for file in folder.rglob("*.announced"):
        os.utime(file, (60, 60))


@pytest.mark.parametrize("at", ["branch", "detached", "merged"])
def test_a_directory_of_which_only_leftovers_are_there_is_gone(tmp_path: Path, at: str) -> None:
    """Atlantis resets its clone: what git does not track stays."""
    older = PlannedPull("acme", "shop", 42, "c" * 40)
    planned(tmp_path, older, PROJECT, Project("shop", "web", "default", "", "", ""))
    store = dated(tmp_path, PULL, [Project("shop", "new", "default", "", "", "")], 120)
    clone = checked_out(tmp_path / "clone", "e" * 40 if at != "branch" else PULL.commit, "web/main.tf")
    for name in ("infra/.terraform/x", "infra/.terraform.lock.hcl", "infra/default.json"):
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).write_text("", encoding="utf-8")
    if at == "detached":
        (clone / ".git" / "HEAD").write_text(f"{PULL.commit}\n", encoding="utf-8")
    elif at == "merged":
        merge = f"tree {'0' * 40}\nparent {'b' * 40}\nparent {PULL.commit}\n\nparent of nothing"
        (clone / ".git" / "objects" / "ee").mkdir()
        (clone / ".git" / "objects" / "ee" / ("e" * 38)).write_bytes(zlib.compress(f"commit 9\0{merge}".encode()))
    found = store.read_all(clone)
    assert (found.lost, found.gone) == (("web",), ("infra",))


def test_a_clone_of_another_commit_says_nothing_of_what_is_gone(tmp_path: Path) -> None:
    older = PlannedPull("acme", "shop", 42, "c" * 40)
    planned(tmp_path, older, PROJECT)
    store = dated(tmp_path, PULL, [Project("shop", "new", "default", "", "", "")], 120)
    clone = checked_out(tmp_path / "clone", older.commit, "web/main.tf")
    assert store.read_all(clone).lost == ("infra",)
    (clone / ".git" / "refs" / "heads" / "topic").write_text(PULL.commit, encoding="utf-8")
    assert store.read_all(clone).gone == ("infra",)
    (clone / ".git" / "index").write_bytes(b"damaged")
    (clone / "infra").mkdir()
    assert store.read_all(clone).lost == ("infra",)


def test_the_top_of_the_repository_is_never_gone(tmp_path: Path) -> None:
    older = PlannedPull("acme", "shop", 42, "c" * 40)
    planned(tmp_path, older, Project("shop", ".", "default", "", "", ""))
    store = dated(tmp_path, PULL, [Project("shop", "new", "default", "", "", "")], 120)
    found = store.read_all(checked_out(tmp_path / "clone", PULL.commit, "main.tf", "new/main.tf"))
    assert (found.lost, found.gone) == (("shop",), ())


@every_row(
    ("file", "is_gone"),
    [
        ("default.json", True),
        ("sub/.terraform/x", True),
        ("stack.tf", False),
        ("cdk.tf.json", False),
        ("a/b.hcl", False),
    ],
)
def test_a_planned_directory_is_gone_if_only_leftovers_are_there(
    tmp_path_factory: pytest.TempPathFactory, file: str, is_gone: bool
) -> None:
    """Atlantis plans a removed directory as long as it exists, and one whose files something generates."""
    folder = tmp_path_factory.mktemp("atlantis")
    store = ResultStore(folder / "results", PULL)
    store.announce(PROJECT)
    store.save(Project("shop", "web", "default", "", "", ""), json(BROKEN))
    clone = checked_out(folder / "clone", PULL.commit, "web/main.tf")
    (clone / "infra" / file).parent.mkdir(parents=True)
    (clone / "infra" / file).write_text("", encoding="utf-8")
    found = store.read_all(clone)
    assert (found.lost, found.gone) == (((), ("infra",)) if is_gone else (("infra",), ()))


def test_a_generated_directory_is_never_gone(tmp_path: Path) -> None:
    """Another clone lacks it if what generates it fails."""
    clone = checked_out(tmp_path / "clone", PULL.commit, "web/main.tf", "main.tf")
    tracked = {
        name: project({"DIR": str(clone / name), "REPO_REL_DIR": name}).tracked_directory
        for name in (".", "web", "gen/a")
    }
    assert tracked == {".": ".", "web": "web", "gen/a": ""}
    planned(
        tmp_path / "results",
        PlannedPull("acme", "shop", 42, "c" * 40),
        *(project({"DIR": str(clone / name), "REPO_REL_DIR": name}) for name in ("gen/a", "web")),
    )
    for name in ("gen/a", "web"):  # which is all that is left of them
        (clone / name / ".terraform").mkdir(parents=True, exist_ok=True)
    (clone / "web" / "main.tf").unlink()
    subprocess.run(["git", "-C", str(clone), "add", "-A"], check=True)
    store = dated(tmp_path / "results", PULL, [Project("shop", "new", "default", "", "", "")], 120)
    left = store.read_all(clone)
    assert (left.lost, left.gone) == (("gen/a",), ("web",))
    for name in ("gen/a", "web"):  # Atlantis plans them all the same
        store.announce(project({"DIR": str(clone / name), "REPO_REL_DIR": name}))
    again = store.read_all(clone)
    assert (again.lost, again.gone) == (("gen/a",), ("web",))


@every_row("changed", [{"PULL_NUM": "4 2"}, {"PULL_NUM": "../1"}, {"HEAD_COMMIT": "../../x"}, {"HEAD_COMMIT": ""}])
def test_a_pull_request_is_what_atlantis_sets(changed: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        pull({**CLONE, "HEAD_COMMIT": "a" * 40, **changed})


@every_row(
    ("variables", "target"),
    [
        ({"PROJECT_NAME": "team/web", "REPO_REL_DIR": "a", "WORKSPACE": "b"}, "team/web"),
        ({"REPO_REL_DIR": "infra", "WORKSPACE": "prod"}, "infra:prod"),
        ({"REPO_REL_DIR": "infra", "WORKSPACE": "default"}, "infra"),
        ({"REPO_REL_DIR": ".", "WORKSPACE": "default", "BASE_REPO_NAME": "shop"}, "shop"),
        ({}, "."),
    ],
)
def test_a_project_has_a_name_for_people(variables: dict[str, str], target: str) -> None:
    assert project(variables).target == target


def test_nothing_that_is_not_ours_is_ever_removed(tmp_path: Path) -> None:
    """A setting may name a folder that is full of other things."""
    others = [
        tmp_path / "repos" / "acme" / "shop" / "42" / "main.tf",
        tmp_path / "acme" / "shop" / "42" / ("d" * 40) / "notes.json",
        tmp_path / "acme" / "shop" / "42" / "default" / f"web-{'0' * 16}.json",
    ]
    ResultStore(tmp_path, PlannedPull("acme", "shop", 42, "d" * 40)).save(PROJECT, json(BROKEN))
    for path in others:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}", encoding="utf-8")
        os.utime(path, (1, 1))
    store = ResultStore(tmp_path, PULL)
    store.save(PROJECT, json(BROKEN))
    store.drop_old()
    store.drop_superseded()
    assert all(path.exists() for path in others)
    assert len([path for path in tmp_path.rglob("*.json") if path not in others]) == 1
