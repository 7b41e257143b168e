"""Sources read what the repository shows, and nothing else on the machine."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.repository.git import add, git, init, write
from tfcheck.repository import Gate, RefusedError, SourceAccess
from tfcheck.repository.listing import matching_files
from tfcheck.symbolic.limits import limit_steps

CANARY = "canary-4711"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository whose root module is `infra/prod`, beside secrets."""
    monkeypatch.delenv("TF_DATA_DIR", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    write(tmp_path, "secret", "other/main.tf", "home/.ssh/id", text=CANARY)
    tree = init(tmp_path / "tree")
    add(tree, "infra/prod/main.tf", "infra/prod/files/a.json", "infra/common/b.json", ".gitignore", text="ok\n*.env\n")
    write(tree, "infra/prod/untracked.json", "infra/prod/local.env", text=CANARY)
    return tree


def gate(tree: Path, *files: Path, shared: bool = True) -> Gate:
    return Gate(tree / "infra/prod", SourceAccess(tuple(map(str, files)), shared))


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tfplan", CANARY)


def link(tree: Path, name: str, target: str | Path) -> None:
    path = tree / "infra/prod" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
    git(tree, "add", "-f", "--", f"infra/prod/{name}")


@pytest.mark.parametrize(
    "path",
    ["files/a.json", "./files/../files/a.json", "../common/b.json", "../../infra/prod/main.tf", "../../.gitignore"],
)
def test_what_git_tracks_is_read(tree: Path, path: str) -> None:
    assert gate(tree).file(path).startswith(b"ok")
    assert gate(tree).file(str(tree / "infra/prod" / path)).startswith(b"ok")


def test_a_link_inside_the_repository_is_followed(tree: Path) -> None:
    link(tree, "here.json", "../common/b.json")
    link(tree, "folder", "../common")
    assert gate(tree).file("here.json").startswith(b"ok")
    assert gate(tree).file("folder/b.json").startswith(b"ok")


OUTSIDE, TRACKED, OWN = "outside", "git does not track it", "git's own"
ATTACKS: dict[str, tuple[str, str]] = {
    "an absolute path": ("/etc/passwd", OUTSIDE),
    "the home directory": ("~/.ssh/id", "not a path"),
    "up and out": ("../../../secret", OUTSIDE),
    "up, out and in again": ("../../../tree/../secret", OUTSIDE),
    "all the way up": ("../" * 40 + "etc/passwd", OUTSIDE),
    "a process": ("/proc/self/environ", OUTSIDE),
    "a file descriptor": ("/dev/fd/0", OUTSIDE),
    "a null byte": ("main.tf\0", "not a path"),
    "a very long path": ("a/" * 5000, "not a path"),
    "an untracked file": ("untracked.json", TRACKED),
    "an ignored file": ("local.env", TRACKED),
    "nothing": ("nothing.json", TRACKED),
    "the root module": (".", TRACKED),
    "a tracked directory": ("files", TRACKED),
    "the token of the checkout": ("../../.git/config", OWN),
    "its head": ("../../.git/HEAD", OWN),
    "it in capitals": ("../../.GIT/config", OWN),
    "it with a dot": ("../../.git./config", OWN),
    "it with a character that nobody sees": ("../../.g\u200cit/config", OWN),
    "it with a short name": ("../../git~1/config", OWN),
    "Terraform's directory": (".terraform/terraform.tfstate", "Terraform's working directory"),
    "the plugins": (".terraform/providers/x", "Terraform's working directory"),
    "that of another root module": ("../other/.terraform/environment", "Terraform's working directory"),
    "state": ("terraform.tfstate", "Terraform state"),
    "old state": ("terraform.tfstate.backup", "Terraform state"),
    "state of a workspace": ("terraform.tfstate.d/prod/x", "Terraform state"),
    "state in capitals": ("Terraform.TFSTATE", "Terraform state"),
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("track", [False, True])
def test_a_path_is_refused(tree: Path, attack: str, track: bool) -> None:
    path, rule = ATTACKS[attack]
    if track and rule not in (OUTSIDE, TRACKED, OWN, "not a path"):
        add(tree, f"infra/prod/{path}", text=CANARY)
    with pytest.raises(RefusedError, match=rule) as raised:
        gate(tree).file(path)
    assert CANARY not in str(raised.value)
    assert "is not read: it" in str(raised.value) or TRACKED in str(raised.value)


LINKS = {
    "a file outside": ("../../../secret", "a link that leads out of the repository"),
    "an absolute path": ("/etc/passwd", "a link that leads out"),
    "a device": ("/dev/zero", "a link that leads out"),
    "the token": ("../../.git/config", OWN),
    "an untracked file": ("untracked.json", TRACKED),
    "a loop": ("it", TRACKED),
}


@pytest.mark.parametrize("attack", LINKS)
@pytest.mark.parametrize("way", ["file", "source"])
def test_a_link_is_refused(tree: Path, attack: str, way: str) -> None:
    target, rule = LINKS[attack]
    name = "it" if attack == "a loop" else "link.tf"
    link(tree, name, target)
    with pytest.raises((RefusedError, OSError)) as raised:
        getattr(gate(tree), way)(name)
    assert rule in str(raised.value) or attack == "a loop"


@pytest.mark.parametrize("target", ["../../..", "/", "../../.git", "../../../other"])
def test_a_link_to_a_directory_is_refused(tree: Path, target: str) -> None:
    link(tree, "link", target)
    for call in (gate(tree).module, gate(tree).names):
        with pytest.raises(RefusedError):
            call("link")
    with pytest.raises(RefusedError):
        gate(tree).file("link/config")
    with pytest.raises(RefusedError):
        matching_files(gate(tree), "link", "**")
    with pytest.raises(RefusedError):
        matching_files(gate(tree), ".", "**")


@pytest.mark.parametrize("directory", ["../../../other", "/etc", "../../.git", ".terraform", "~", "x\0"])
def test_a_module_outside_is_refused(tree: Path, directory: str) -> None:
    (tree / "infra/prod/.terraform").mkdir()
    with pytest.raises(RefusedError, match="is not read: it"):
        gate(tree).module(directory)


def test_another_repository_inside_is_refused_and_a_submodule_is_not(tree: Path, tmp_path: Path) -> None:
    inner = init(tmp_path / "inner")
    add(inner, "a.json", "main.tf", text="ok")
    git(inner, "commit", "-qm", "x")
    git(tree, "clone", "-q", str(inner), "infra/prod/stranger")
    git(tree, "submodule", "--quiet", "add", str(inner), "infra/prod/sub")
    write(tree, "infra/prod/sub/b.json")

    for call in (gate(tree, shared=False).file, gate(tree).source, gate(tree).file):
        with pytest.raises(RefusedError, match="it belongs to another repository"):
            call("stranger/main.tf")
    assert gate(tree).file("sub/a.json") == b"ok"
    assert gate(tree).module("sub") == tree / "infra/prod/sub"
    with pytest.raises(RefusedError, match=TRACKED):
        gate(tree).file("sub/b.json")
    with pytest.raises(RefusedError, match=OWN):
        gate(tree).file("sub/.git")
    with pytest.raises(RefusedError, match=OWN):
        gate(tree).file("../../.git/modules/infra/prod/sub/config")


@pytest.mark.parametrize("shared", [True, False])
def test_a_clone_where_the_sources_name_a_submodule_is_another_repository(
    shared: bool, tree: Path, tmp_path: Path
) -> None:
    """A pull request can name one of any commit at a path where the job clones a private repository."""
    private = init(tmp_path / "private")
    add(private, "a.json", text=CANARY)
    git(private, "commit", "-qm", "x")
    git(tree, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},infra/prod/private")
    git(tree, "clone", "-q", str(private), "infra/prod/private")
    with pytest.raises(RefusedError, match="it belongs to another repository"):
        gate(tree, shared=shared).file("private/a.json")
    with pytest.raises(RefusedError, match="it belongs to another repository"):
        gate(tree, shared=shared).module("private")


def test_submodules_of_submodules_and_of_a_second_work_tree_are_read(tree: Path, tmp_path: Path) -> None:
    inmost, inner = init(tmp_path / "inmost"), init(tmp_path / "inner")
    add(inmost, "a.json", text="ok")
    git(inmost, "commit", "-qm", "x")
    git(inner, "submodule", "--quiet", "add", str(inmost), "inmost")
    git(inner, "commit", "-qm", "x")
    git(tree, "submodule", "--quiet", "add", str(inner), "infra/prod/sub")
    git(tree, "commit", "-qm", "x")
    second = tmp_path / "second"
    git(tree, "worktree", "add", "-q", str(second))
    for each in (tree, second):
        git(each, "submodule", "--quiet", "update", "--init", "--recursive")
        assert gate(each).file("sub/inmost/a.json") == b"ok"
        assert gate(each).module("sub/inmost") == each / "infra/prod/sub/inmost"


@pytest.mark.parametrize("hashes", ["sha1", "sha256"])
def test_a_file_that_a_job_has_written_over_is_not_what_git_tracks(hashes: str, tree: Path, tmp_path: Path) -> None:
    """A pull request can commit a file where a job writes a secret; git-crypt decrypts tracked ones."""
    other = init(tmp_path / "hashed", f"--object-format={hashes}")
    add(other, "infra/prod/secret.json", "infra/prod/lines.json", text="{\n}\n")
    write(other, "infra/prod/secret.json", text=CANARY)
    (other / "infra/prod/lines.json").write_bytes(b"{\r\n}\r\n")
    with pytest.raises(RefusedError, match="it differs from what git tracks"):
        gate(other).file("secret.json")
    assert gate(other).file("lines.json")
    assert gate(other, shared=False).file("secret.json") == CANARY.encode()


def test_a_link_leads_to_what_git_tracks_alone(tree: Path) -> None:
    link(tree, "linked.tf", "../common/b.json")
    assert gate(tree).source("linked.tf").startswith(b"ok")
    write(tree, "infra/common/b.json", text=CANARY)
    with pytest.raises(RefusedError, match="it differs from what git tracks"):
        gate(tree).source("linked.tf")
    assert gate(tree, shared=False).source("linked.tf") == CANARY.encode()


def test_a_file_of_a_submodule_that_a_job_has_written_over_is_not_read(tree: Path, tmp_path: Path) -> None:
    inner = init(tmp_path / "inner")
    add(inner, "a.json", text="ok")
    git(inner, "commit", "-qm", "x")
    git(tree, "submodule", "--quiet", "add", str(inner), "infra/prod/sub")
    write(tree, "infra/prod/sub/a.json", text=CANARY)
    with pytest.raises(RefusedError, match="it differs from what git tracks"):
        gate(tree).file("sub/a.json")


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("path", ["/proc/self/environ", "proc/self/environ", "etc/passwd", "proc/self/cwd/etc/passwd"])
def test_a_root_module_in_the_root_directory_reads_nothing_below_it(path: str, shared: bool) -> None:
    """A container may have the sources there, and beside them everything else."""
    with pytest.raises(RefusedError, match="is the root of the file system"):
        Gate(Path("/"), SourceAccess(shared=shared)).file(path)


def test_a_job_may_have_its_home_in_the_repository(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tree))
    monkeypatch.setenv("CI", "true")
    assert gate(tree).may_be_tracked("files/a.json")
    assert gate(tree).file("../common/b.json").startswith(b"ok")
    with pytest.raises(RefusedError, match="git does not track it"):
        gate(tree).file("untracked.json")


def test_on_a_laptop_what_git_does_not_ignore_is_read_too(tree: Path) -> None:
    own = gate(tree, shared=False)
    assert own.file("untracked.json") == CANARY.encode()
    assert own.file("files/a.json").startswith(b"ok")
    with pytest.raises(RefusedError, match="git ignores it"):
        own.file("local.env")
    with pytest.raises(FileNotFoundError):
        own.file("nothing.json")
    with pytest.raises(RefusedError, match=OWN):
        own.file("../../.git/config")


def test_without_git_what_lies_below_the_root_module_is_read(tmp_path: Path) -> None:
    write(tmp_path, "root/a.json", "root/.terraform/x", "a.json")
    gate = Gate(tmp_path / "root", SourceAccess(shared=True))
    assert gate.file("a.json") == b"x"
    for path in ("../a.json", ".terraform/x", str(tmp_path / "a.json")):
        with pytest.raises(RefusedError):
            gate.file(path)
    with pytest.raises(RefusedError, match="outside the root module's directory; there is no repository"):
        gate.module("..")
    with pytest.raises(FileNotFoundError):
        gate.file("b.json")


def test_an_empty_git_directory_does_not_hide_the_repository_around_it(tree: Path) -> None:
    (tree / "infra/prod/.git").mkdir()
    for path in ("untracked.json", "local.env"):
        with pytest.raises(RefusedError):
            gate(tree).file(path)


def test_the_files_of_the_run_are_refused_by_any_name(tree: Path) -> None:
    add(tree, "infra/prod/plan.json", text=CANARY)
    os.link(tree / "infra/prod/plan.json", tree / "infra/prod/other.json")
    git(tree, "add", "-f", "infra/prod/other.json")
    link(tree, "link.json", "plan.json")
    link(tree, "x.tf.json", "plan.json")
    asked = gate(tree, tree / "infra/prod/plan.json")
    for call, name in (
        (asked.file, "plan.json"),
        (asked.file, "other.json"),
        (asked.file, "link.json"),
        (asked.source, "x.tf.json"),
    ):
        with pytest.raises(RefusedError, match="a plan, context or report file of this run"):
            call(name)
    with pytest.raises(RefusedError, match="of this run"):
        matching_files(asked, ".", "*.json")


def test_a_saved_plan_is_refused_by_what_it_is(tree: Path) -> None:
    zipped(tree / "infra/prod/innocent.bin")
    git(tree, "add", "-f", "infra/prod/innocent.bin")
    with pytest.raises(RefusedError, match="it is a saved plan"):
        gate(tree).file("innocent.bin")


def fifo(path: Path) -> None:
    os.mkfifo(path)


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def test_a_link_to_itself_hides_nothing_else(tree: Path) -> None:
    link(tree, "one", "other")
    link(tree, "other", "one")
    link(tree, "self.tf", "self.tf")
    assert gate(tree).names(".") == ("local.env", "main.tf", "one", "other", "self.tf", "untracked.json")
    assert matching_files(gate(tree), ".", "*/*.json") == ("files/a.json",)
    with pytest.raises((RefusedError, OSError)):
        gate(tree).source("self.tf")


@pytest.mark.parametrize("make", [fifo, huge, Path.mkdir])
@pytest.mark.parametrize("way", ["file", "source"])
def test_what_cannot_be_read_does_not_block(tree: Path, make: Callable[[Path], None], way: str) -> None:
    make(tree / "infra/prod/x.tf")
    with pytest.raises((RefusedError, OSError), match=r"regular file|larger than 20 MB"):
        getattr(gate(tree, shared=False), way)("x.tf")
    assert ("x.tf" in gate(tree).names(".")) is (make is not Path.mkdir)


@pytest.mark.parametrize("data", [b"", b"DIRC", b"\0" * 100])
def test_a_broken_index_refuses_everything(tree: Path, data: bytes) -> None:
    (tree / ".git/index").write_bytes(data)
    for shared in (True, False):
        with pytest.raises(RefusedError, match="git's index cannot be read"):
            gate(tree, shared=shared).file("files/a.json")
    assert gate(tree).source("main.tf").startswith(b"ok")


def test_the_index_may_be_no_pipe_and_not_huge(tree: Path) -> None:
    for make in (fifo, huge):
        (tree / ".git/index").unlink()
        make(tree / ".git/index")
        with pytest.raises(RefusedError, match="git's index cannot be read"):
            gate(tree).file("files/a.json")


def test_a_root_module_that_is_a_link_out_of_the_repository_is_refused(tree: Path) -> None:
    link(tree, "stack", tree.parent / "other")
    with pytest.raises(RefusedError, match="a link that leads out of the repository"):
        Gate(tree / "infra/prod/stack")
    init(tree.parent / "other")
    with pytest.raises(RefusedError, match="a link that leads out of the repository"):
        Gate(tree / "infra/prod/stack")


class TestWhatInitLeaves:
    def test_packages_are_read_and_nothing_of_git_in_them(self, tree: Path) -> None:
        write(tree, "infra/prod/.terraform/modules/web/main.tf", "infra/prod/.terraform/modules/web/.git/config")
        assert gate(tree).source(".terraform/modules/web/main.tf") == b"x"
        assert gate(tree).file(".terraform/modules/web/main.tf") == b"x"
        assert not gate(tree).may_be_shown(".terraform/modules/web/main.tf")
        with pytest.raises(RefusedError, match=OWN):
            gate(tree).file(".terraform/modules/web/.git/config")

    @pytest.mark.parametrize("name", [".terraform", ".terraform/modules", ".terraform/modules/web"])
    def test_a_link_in_its_place_opens_nothing(self, tree: Path, name: str) -> None:
        write(tree.parent, "other/modules/web/x", "other/web/x", "other/x", text=CANARY)
        link(tree, name, tree.parent / "other")
        with pytest.raises(RefusedError):
            gate(tree).file(".terraform/modules/web/x")

    @pytest.mark.parametrize("target", ["../../../secret", "/etc/hostname", "../../.git/HEAD"])
    def test_the_workspace_is_not_read_through_a_link(self, tree: Path, target: str) -> None:
        link(tree, ".terraform/environment", target)
        assert gate(tree).selected_workspace() is None

    def test_the_manifest_is_not_read_through_a_link(self, tree: Path) -> None:
        link(tree, ".terraform/modules/modules.json", "../../../../../secret")
        with pytest.raises(OSError, match="not a regular file"):
            gate(tree).manifest()

    def test_the_user_may_keep_it_elsewhere(self, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TF_DATA_DIR", str(tree.parent / "data"))
        write(tree.parent, "data/environment", text="prod")
        write(tree.parent, "data/modules/web/main.tf", "data/terraform.tfstate")
        assert gate(tree).selected_workspace() == "prod"
        assert gate(tree).source("../../../data/modules/web/main.tf") == b"x"
        with pytest.raises(RefusedError):
            gate(tree).file("../../../data/terraform.tfstate")


class TestListing:
    def test_what_is_tracked_is_listed(self, tree: Path) -> None:
        assert matching_files(gate(tree), "files", "*.json") == ("a.json",)
        assert matching_files(gate(tree), ".", "files/*") == ("files/a.json",)
        assert matching_files(gate(tree), ".", "**/a.json") == ("files/a.json",)
        assert matching_files(gate(tree), "files", "../../common/*") == ("../../common/b.json",)
        assert matching_files(gate(tree), "..", "{prod,shared}/*/*.json") == ("prod/files/a.json",)
        assert matching_files(gate(tree), "nowhere", "*") == ()

    @pytest.mark.parametrize(
        ("directory", "pattern"),
        [
            (".", "*.json"),
            (".", "*.env"),
            ("../..", "**"),
            ("../..", ".git/*"),
            ("../../..", "*"),
            ("/etc", "*"),
            ("~", "*"),
            (".", "../../../*"),
            (".", "{a,b}" * 9),
        ],
    )
    def test_what_is_hidden_makes_it_unknown(self, tree: Path, directory: str, pattern: str) -> None:
        with pytest.raises(RefusedError) as raised:
            matching_files(gate(tree), directory, pattern)
        assert CANARY not in str(raised.value)

    def test_what_is_not_checked_out_makes_it_unknown(self, tree: Path) -> None:
        (tree / "infra/prod/files/a.json").unlink()
        with pytest.raises(RefusedError, match="git tracks it, and it is not checked out"):
            matching_files(gate(tree), "files", "*")
        with pytest.raises(RefusedError, match="git tracks it, and it is not checked out"):
            gate(tree).file("files/a.json")
        assert matching_files(gate(tree, shared=False), "files", "*") == ()


@pytest.mark.parametrize(
    "name",
    [
        *("CI", "GITHUB_ACTIONS", "GITLAB_CI", "ATLANTIS_TERRAFORM_VERSION", "TF_BUILD", "BASE_REPO_NAME"),
        "KUBERNETES_SERVICE_HOST",
    ],
)
def test_a_machine_is_not_a_laptop(tree: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "true")
    assert Gate(tree).shared


def test_listing_files_counts_as_steps(tree: Path) -> None:
    with limit_steps() as allowance:
        allowance.take(allowance.steps - 50)
        with pytest.raises(RefusedError, match="too much to work out"):
            matching_files(gate(tree), "files", "*")
