#!/usr/bin/env python3
"""Make real plan files for case folders: Terraform, the AWS provider, and moto as the AWS behind a proxy.

Needs `pip install 'moto[proxy,server]' boto3` beside the Python that runs this, a terraform (or tofu), and a directory
of provider plugins laid out as `registry.terraform.io/hashicorp/aws/VERSION/OS_ARCH`: one of Terraform's own plugin
directories, or `--providers`. The provider talks to the real host names through moto's proxy, so a case needs no
endpoint settings and nothing of this shows in its plan. For each case:

1. an empty account 123456789012; `setup.py`, where there is one, makes what data sources look up: setup(session)
2. `before/`, where there is one, applied
3. plan.json; with --tfplan also the binary plan
4. that plan applied; applied.plan.json; with --again also state.json, noop.plan.json and destroy.plan.json

With --only-plan it ends with the third.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import runpy
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT = "123456789012"
KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "test"
#: Of a case folder, what does not belong to the configuration.
MADE = {"tfplan", "expect.json", "setup.py", "before", "state.json", "plan.json"}
#: Where Terraform itself looks for plugins.
PLUGIN_DIRECTORIES = ("~/.terraform.d/plugins", "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins")
REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")


def main() -> None:
    """Make the plans of every case named on the command line; the exit status is 0 if all were made."""
    options = _options()
    failed = []
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        configuration = _command_line_configuration(scratch, _plugins(options.providers))
        with moto(scratch) as cloud:
            for case in options.cases:
                try:
                    _make(case.resolve(), options, cloud, configuration, scratch)
                    print("ok", case.name, flush=True)
                except (RuntimeError, subprocess.TimeoutExpired) as error:
                    failed.append(case.name)
                    print("FAILED", case.name, error, flush=True)
    if failed:
        raise SystemExit(f"failed: {' '.join(failed)}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--terraform", default="terraform", help="the command to run (default: terraform)")
    parser.add_argument("--providers", type=Path, help="directory of provider plugins")
    parser.add_argument("--region", default="ap-northeast-1")
    parser.add_argument("--out", type=Path, help="write to OUT/CASE instead of the case folder")
    parser.add_argument("--tfplan", action="store_true", help="keep the binary plan too")
    parser.add_argument("--only-plan", action="store_true", help="apply nothing but what is there before")
    parser.add_argument("--again", action="store_true", help="also the state, a second plan and a destroy plan")
    parser.add_argument("cases", nargs="+", type=Path, metavar="CASE_DIR")
    return parser.parse_args()


def _plugins(given: Path | None) -> Path:
    candidates = [given] if given else [Path(each).expanduser() for each in PLUGIN_DIRECTORIES]
    for candidate in candidates:
        if (candidate / REGISTRIES[0] / "hashicorp" / "aws").is_dir():
            return candidate.resolve()
    raise SystemExit("no AWS provider plugin found: give --providers DIR")


def _command_line_configuration(scratch: Path, plugins: Path) -> Path:
    """Write a CLI configuration that takes providers from `plugins`, under the names of both registries."""
    mirror = scratch / "providers"
    for plugin in (plugins / REGISTRIES[0]).glob("*/*/*/*"):
        for registry in REGISTRIES:
            link = mirror.joinpath(registry, *plugin.parts[-4:])
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(plugin)
    configuration = scratch / "cli.tfrc"
    configuration.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n')
    return configuration


class Cloud:
    """An emulated AWS behind a proxy at `url`; `authority` is the certificate that its answers are signed with."""

    def __init__(self, url: str, authority: Path) -> None:
        self.url = url
        self.authority = authority

    def empty(self) -> None:
        """Forget everything that was made in the account."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": self.url}))
        request = urllib.request.Request("http://motoapi.amazonaws.com/moto-api/reset", method="POST")
        opener.open(request, timeout=60).close()

    def environment(self) -> dict[str, str]:
        """Return the variables that send a program here instead of to AWS."""
        authority = str(self.authority)
        return {"HTTPS_PROXY": self.url, "HTTP_PROXY": self.url, "AWS_CA_BUNDLE": authority, "SSL_CERT_FILE": authority}

    def prepare(self, script: Path, region: str) -> None:
        """Run `setup(session)` of a case's setup.py."""
        os.environ.update(self.environment())
        session = importlib.import_module("boto3").Session(KEY_ID, SECRET, region_name=region)
        runpy.run_path(str(script))["setup"](session)


@contextmanager
def moto(scratch: Path) -> Iterator[Cloud]:
    """Run a moto proxy of our own on a free port."""
    found = importlib.util.find_spec("moto")
    if found is None or found.origin is None:
        raise SystemExit("moto is not installed: pip install 'moto[proxy,server]' boto3")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "moto_proxy"), "-H", "127.0.0.1", "-p", str(port)]
    environment = {**os.environ, "MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "MOTO_ACCOUNT_ID": ACCOUNT}
    with (scratch / "moto.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            _wait_for(port)
            yield Cloud(f"http://127.0.0.1:{port}", Path(found.origin).parent / "moto_proxy" / "ca.crt")
        finally:
            process.terminate()
            process.wait(20)


def _wait_for(port: int) -> None:
    for _ in range(120):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("moto did not start")


class Workspace:
    """A working directory of Terraform; JSON plans go to `out`."""

    def __init__(self, folder: Path, out: Path, command: str, environment: dict[str, str]) -> None:
        self.folder = folder
        self.out = out
        self.command = command
        self.environment = environment

    def run(self, *arguments: str) -> str:
        """Run one Terraform command and give its output.

        Raises:
            RuntimeError: it failed; the message holds the end of what it printed.
        """
        done = subprocess.run(
            [self.command, *arguments],
            cwd=self.folder,
            env=self.environment,
            text=True,
            capture_output=True,
            timeout=300,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)}\n{done.stdout[-800:]}\n{done.stderr[-2000:]}")
        return done.stdout

    def lay(self, source: Path) -> None:
        """Put the configuration of `source` in the place of the one that was there."""
        for old in self.folder.iterdir():
            if old.is_file() and not old.name.startswith((".terraform", "terraform.tfstate")):
                old.unlink()
        for item in source.iterdir():
            if item.name in MADE or item.name.endswith(".plan.json"):
                continue
            if item.is_dir():
                shutil.copytree(item, self.folder / item.name, dirs_exist_ok=True)
            else:
                shutil.copy(item, self.folder / item.name)
        self.run("init", "-input=false", "-no-color")

    def plan(self, name: str, *flags: str) -> None:
        """Plan, and write the plan as JSON."""
        self.run("plan", "-input=false", "-no-color", f"-out={name}.tfplan", *flags)
        text = self.run("show", "-json", f"{name}.tfplan").rstrip("\n") + "\n"
        if str(self.folder) in text or "127.0.0.1" in text:
            raise RuntimeError(f"{name} shows this machine")
        (self.out / ("plan.json" if name == "plan" else f"{name}.plan.json")).write_text(text)

    def unsettled(self) -> list[str]:
        """Name what the plan after the apply would still change."""
        changes = json.loads((self.out / "applied.plan.json").read_text()).get("resource_changes", [])
        return [each["address"] for each in changes if each["change"]["actions"] not in (["no-op"], ["read"])]


def _make(case: Path, options: argparse.Namespace, cloud: Cloud, configuration: Path, scratch: Path) -> None:
    out = options.out / case.name if options.out else case
    out.mkdir(parents=True, exist_ok=True)
    folder = scratch / "cases" / case.name
    folder.mkdir(parents=True)
    environment = _environment(options.region, configuration, scratch) | cloud.environment()
    workspace = Workspace(folder, out, options.terraform, environment)
    cloud.empty()
    if (case / "setup.py").exists():
        cloud.prepare(case / "setup.py", options.region)
    if (case / "before").is_dir():
        workspace.lay(case / "before")
        workspace.run("apply", "-input=false", "-no-color", "-auto-approve")
    workspace.lay(case)
    workspace.plan("plan")
    if options.tfplan:
        shutil.copy(folder / "plan.tfplan", out / "tfplan")
    if options.only_plan:
        return
    workspace.run("apply", "-input=false", "-no-color", "plan.tfplan")
    workspace.plan("applied")
    if unsettled := workspace.unsettled():
        print("note:", case.name, "still changes after the apply:", *unsettled, flush=True)
    if options.again:
        (out / "state.json").write_text(workspace.run("show", "-json").rstrip("\n") + "\n")
        workspace.plan("noop")
        workspace.plan("destroy", "-destroy")


def _environment(region: str, configuration: Path, scratch: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(scratch),
        "TF_CLI_CONFIG_FILE": str(configuration),
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


if __name__ == "__main__":
    main()
