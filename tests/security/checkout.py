"""A checkout whose sources somebody wrote who wants to read the machine, with a secret in every place."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

from tests.repository.git import git, init, write

CANARY = "canary-5d1e"
CASES = Path(__file__).parents[2] / "testdata"


class Checkout:
    """A root module `tree/infra/web`, with git or without, and all that lies around it."""

    def __init__(self, folder: Path, case: str, *, with_git: bool) -> None:
        self.folder, self.with_git = folder, with_git
        self._tracked: list[str] = []
        self.tree = folder / "tree"
        self.root = self.tree / "infra" / "web"
        if with_git:
            init(self.tree)
            with (self.tree / ".git" / "config").open("a") as file:
                file.write(f'[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic {CANARY}\n')
        self._copy(CASES / case)
        self._hide()

    def _copy(self, case: Path) -> None:
        for file in (
            each for each in case.rglob("*") if each.is_file() and each.suffix != ".json" and each.name != "tfplan"
        ):
            place = self.root / file.relative_to(case)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())
        write(self.root, "public.txt", text="public-5d1e")
        self.track(".")
        self.settle()
        plan = json.loads((case / "plan.json").read_bytes())
        plan.setdefault("variables", {})["password"] = {"value": CANARY}
        (self.root / "plan.json").write_text(json.dumps(plan))

    def _hide(self) -> None:
        write(self.folder, "secret", "home/.ssh/id", "home/.aws/credentials", "runner/_temp/token", text=CANARY)
        write(self.root, ".env", "ignored.env", "generated.json", "terraform.tfstate", "x.tfstate.backup", text=CANARY)
        write(self.root, ".terraform/terraform.tfstate", ".terraform/providers/key", text=CANARY)
        write(self.root, "context.json", text=json.dumps({"format_version": "1.0", "values": {}, "secret": CANARY}))
        (self.folder / "other").mkdir()
        with zipfile.ZipFile(self.root / "saved.plan", "w") as archive:
            archive.writestr("tfplan", CANARY)
        if not self.with_git:
            for name in (".env", "ignored.env", "generated.json"):  # what lies below the root module is its own
                (self.root / name).unlink()

    def edit(self, file: str, old: str, new: str) -> None:
        text = (self.root / file).read_text()
        assert old in text
        (self.root / file).write_text(text.replace(old, new))
        self.track(file)

    def plan_without(self, reference: str) -> None:
        """Let the plan be that of sources in which a reference stands nowhere."""
        plan = json.loads((self.root / "plan.json").read_text())
        found = [
            each["references"]
            for resource in plan["configuration"]["root_module"]["resources"]
            for each in resource["expressions"].values()
            if isinstance(each, dict) and reference in each.get("references", ())
        ]
        assert found
        for references in found:
            references.remove(reference)
        (self.root / "plan.json").write_text(json.dumps(plan))

    def link(self, name: str, target: str) -> None:
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target.replace("FOLDER", str(self.folder)))
        self.track(name)

    def track(self, name: str) -> None:
        self._tracked.append(os.path.relpath(self.root / name, self.tree))

    def settle(self) -> None:
        """Let git know what it tracks."""
        if self.with_git:
            git(self.tree, "add", "-f", "--", *self._tracked)
        self._tracked.clear()
