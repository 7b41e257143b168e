"""What shells complete, asked the way they ask."""

from __future__ import annotations

import gzip
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cases import TESTDATA
from tfcheck.cli import completion
from tfcheck.cli.main import run

PLAN = str(TESTDATA / "thirty-services" / "plan.json")


def completed(line: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what bash receives for a line whose last word is not complete."""
    monkeypatch.setenv("_TFCHECK_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", f"tfcheck {line}")
    monkeypatch.setenv("COMP_CWORD", str(len(shlex.split(f"{line}|"))))
    monkeypatch.setattr(os, "dup2", lambda *_: None)  # after the answer nothing more is printed
    assert run([]) == 0
    return [each for each in capsys.readouterr().out.split("\n") if each]


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("ba", ["plain,baseline", "file,ba"]),
        ("pla", ["file,pla"]),
        ("--fail", ["plain,--fail-on"]),
        ("--format g", ["plain,github", "plain,gitlab"]),
        ("plan.json --format bit", ["plain,bitbucket"]),
        ("diff --format m", ["plain,markdown"]),
        ("plan.json --select env-file-a", ["plain,env-file-arn", "plain,env-file-absent"]),
        ("plan.json --ignore image,secret-v", ["plain,image,secret-value"]),
        ("plan.json --severity log-reg", ["plain,log-region="]),
        ("plan.json --severity image=w", ["plain,image=warning"]),
        ("rules log-reg", ["plain,log-region"]),
        ("check pl", ["file,pl"]),
        ("plan.json --baseline tf", ["file,tf"]),
        ("plan.json --output re", ["file,re"]),
    ],
)
def test_bash_is_offered(
    line: str, offered: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert completed(line, capsys, monkeypatch) == offered


def test_the_task_definitions_of_the_plan_on_the_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = completed(f"show {PLAN} aws_ecs", capsys, monkeypatch)
    assert len(found) == 30
    assert found[0] == "plain,'aws_ecs_task_definition.svc[\"svc00\"]'"
    assert completed(f"show {PLAN} aws_iam", capsys, monkeypatch) == []
    only = completed(f"fix {PLAN} --only aws_iam", capsys, monkeypatch)
    assert (len(only), only[0]) == (30, "plain,'aws_iam_role.exec[\"svc00\"]'")
    assert "plain,env-file" in completed(f"fix {PLAN} --only env", capsys, monkeypatch)


def test_other_shells_quote_for_themselves(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    monkeypatch.setenv("COMP_WORDS", f"tfcheck show {PLAN} ")
    for shell, begin in (("zsh", 'plain\naws_ecs_task_definition.svc["svc00"]\n'), ("fish", "plain")):
        monkeypatch.setenv("_TFCHECK_COMPLETE", f"{shell}_complete")
        monkeypatch.setenv("COMP_CWORD", "3" if shell == "zsh" else "aws_ecs")
        assert run([]) == 0
        shown = capsys.readouterr().out
        assert shown.startswith(begin)
        assert 'aws_ecs_task_definition.svc["svc29"]' in shown


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_its_script(
    shell: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "dup2", lambda *_: None)
    monkeypatch.setenv("_TFCHECK_COMPLETE", f"{shell}_source")
    monkeypatch.setattr("click.shell_completion.BashComplete._check_version", staticmethod(lambda: None))
    assert run([]) == 0
    assert f"_TFCHECK_COMPLETE={shell}_complete" in capsys.readouterr().out


def test_nobody_waits_for_what_cannot_be_read_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    for name in ("pipe", "broken.json", "none.json"):
        assert completed(f"show {tmp_path / name} aws", capsys, monkeypatch) == []
    compressed = tmp_path / "plan.json.gz"
    compressed.write_bytes(gzip.compress(Path(PLAN).read_bytes()))
    monkeypatch.setattr(completion, "_LARGEST_PLAN", compressed.stat().st_size * 10)
    assert completed(f"show {compressed} aws", capsys, monkeypatch) != []
    monkeypatch.setattr(completion, "_LARGEST_PLAN", compressed.stat().st_size * 9)
    assert completed(f"show {compressed} aws", capsys, monkeypatch) == []
    monkeypatch.setattr(completion, "_LARGEST_PLAN", 1_000)
    assert completed(f"show {PLAN} aws", capsys, monkeypatch) == []


def in_fish(line: str) -> str:
    """Return what fish offers for a line."""
    script = f"_TFCHECK_COMPLETE=fish_source tfcheck | source; complete -C {shlex.quote(line)}"
    return subprocess.run(["fish", "-c", script], capture_output=True, text=True, check=True, env=_PATH).stdout


def in_zsh(line: str) -> str:
    """Return what a terminal shows after a line and the tab key in zsh; the line is thrown away."""
    import pty  # which Windows does not have

    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe("zsh", ["zsh", "-f", "-i"], _PATH | {"TERM": "dumb", "PS1": "next> "})
    try:
        os.write(terminal, _IN_ZSH.encode())
        _until(terminal, "ready!", "next> ")  # only then the line editor reads the keys, not the terminal
        os.write(terminal, f"{line}\t\x15print over\\!\n".encode())
        return _until(terminal, "over!")
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


_IN_ZSH = 'autoload -Uz compinit; compinit -u -D; eval "$(_TFCHECK_COMPLETE=zsh_source tfcheck)"; print ready\\!\n'
_PATH = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def _until(terminal: int, *words: str) -> str:
    """Read what a terminal shows until words of it that follow one another."""
    shown, end = "", 0
    for word in words:
        while (at := shown.find(word, end)) < 0:
            shown += os.read(terminal, 65_536).decode("utf-8", "replace")
        end = at + len(word)
    return shown


@pytest.mark.parametrize("shell", ["fish", "zsh"])
def test_a_real_shell_offers_formats_and_the_addresses_of_a_plan(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    asked = in_fish if shell == "fish" else in_zsh
    plan = TESTDATA / "literal-missing" / "plan.json"
    assert "aws_ecs_task_definition.orders" in asked(f"tfcheck show {plan} ")
    assert "bitbucket" in asked("tfcheck --format ")
