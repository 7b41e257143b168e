"""A diff shows nothing around a change but the policy language, and still applies with git."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.cases import TESTDATA
from tests.fix.edits.test_diff import FILE, LINES, applied, insertion
from tests.laws import tries
from tests.rows import every_row
from tfcheck.analysis.check import check
from tfcheck.analysis.options import RunOptions
from tfcheck.fix.edits.diff import Lines, diff
from tfcheck.fix.edits.files import harmless
from tfcheck.fix.edits.insertion import apply_insertions, group_by_file
from tfcheck.hcl.modules import from_directory
from tfcheck.plan import load
from tfcheck.report.diff import needs_unidiff_zero

SECRET = "hunter2"
DATABASE = f'resource "aws_db_instance" "main" {{\n  password = "{SECRET}"\n}}\n'
AFTER_POLICY = ("      },\n    ]\n  })\n}\n", "      },\n    ]\n  })\n}\n" + DATABASE)
#: By what is next to the place that is edited: the case, and what is replaced in its text.
NEIGHBOURS = {
    "the next block": ("literal-missing", AFTER_POLICY),
    "the next block, behind a blank line": ("policy-deleted", ("  })\n}\n", f"  }})\n}}\n\n{DATABASE}")),
    "the next block, right behind the role": ("policy-deleted", ("  })\n}\n", f"  }})\n}}\n{DATABASE}")),
    "a comment in the block": ("literal-missing", ("      },\n    ]\n", f"      }},\n      # {SECRET}\n    ]\n")),
    "a comment on the last line": ("literal-missing", ("      },\n    ]\n", f"      }}, # {SECRET}\n    ]\n")),
    "a comment before the comma": ("literal-missing", ("      },\n    ]\n", f"      }} # {SECRET}\n    ]\n")),
    "an argument of the block": ("policy-deleted", ("  })\n}\n", f'  }})\n  description = "{SECRET}"\n}}\n')),
    "a heredoc of the block": (
        "policy-deleted",
        ("  })\n}\n", f"  }})\n  description = <<EOF\npassword\n{SECRET}\nEOF\n}}\n"),
    ),
    "a property of a JSON file": (
        "task-in-json-syntax",
        ("        ]\n      }\n", f'        ],\n        "//": "{SECRET}"\n      }}\n'),
    ),
    "the line of a JSON file": ("task-in-json-syntax", ('.arn}"]}\n', f'.arn}}"]}}], "//": ["{SECRET}"\n')),
}


def _describe(plan: Path, text: str) -> None:
    """Let a plan be that of sources in which the role has a description."""
    shown = json.loads(plan.read_text())
    for each in shown["configuration"]["root_module"]["resources"]:
        if each["address"] == "aws_iam_role.execution":
            each["expressions"]["description"] = {"constant_value": text}
    for each in shown["resource_changes"]:
        if each["address"] == "aws_iam_role.execution":
            for side in ("before", "after"):
                each["change"][side]["description"] = text
    plan.write_text(json.dumps(shown))


@pytest.mark.parametrize("place", NEIGHBOURS)
def test_a_password_beside_the_change_is_not_shown(place: str, tmp_path: Path) -> None:
    name, (old, new) = NEIGHBOURS[place]
    folder = tmp_path / "repository" / name
    shutil.copytree(TESTDATA / name, folder)
    file = next(folder.glob("main.tf*"))
    text = file.read_text()
    assert old in text
    file.write_text(new.join(text.rsplit(old, 1)))
    subprocess.run(["git", "init", "-q"], cwd=folder.parent, check=True)
    if "description" in new:
        _describe(folder / "plan.json", f"password\n{SECRET}\n" if "EOF" in new else SECRET)
    found = check(load(folder / "plan.json").plans[0], from_directory(folder), RunOptions(fixes=True))
    diffs = {each.fix.diff for each in found.findings if each.fix and each.fix.diff}
    assert diffs or place == "the line of a JSON file"  # a new policy in JSON is text
    for each in diffs:
        assert SECRET not in each
        options = ["--unidiff-zero"] if needs_unidiff_zero(each) else []
        subprocess.run(["git", "apply", *options, "-"], cwd=folder.parent, input=each.encode(), check=True)


class Hidden(Lines):
    """Lines of which some are not shown."""

    def __init__(self, text: str, hidden: frozenset[int]) -> None:
        super().__init__(text)
        self.hidden = hidden

    def may_show(self, number: int) -> bool:
        return number not in self.hidden


@tries(30)
@example("a\n", [(2, "x")], frozenset({0}))
@given(
    LINES,
    st.lists(st.tuples(st.integers(0, 200), st.sampled_from(["x", "y\n", "\nz", "\n}\n"])), max_size=4),
    st.frozensets(st.integers(0, 30)),
)
def test_git_makes_the_same_text_with_any_part_hidden(
    text: str, places: list[tuple[int, str]], hidden: frozenset[int]
) -> None:
    changes = group_by_file(insertion(min(offset, len(text)), new) for offset, new in places).get(FILE, ())
    lines = Hidden(text, hidden)
    written = diff("f", lines, changes)
    context = [row[1:] for row in written.split("\n") if row.startswith(" ")]
    assert all(f"{each}\n" in lines.all or each in lines.all for each in context)
    if written and text:
        options = ["--unidiff-zero"] if needs_unidiff_zero(written) else []
        assert applied("f", text, written, *options) == apply_insertions(text, changes)


@every_row(
    "line",
    ["  }", "", '    Action = ["s3:GetObject", "logs:PutLogEvents"]', '  resources = ["${aws_s3_bucket.b.arn}/x/*"]',
     'resource "aws_iam_role_policy" "execution" {', "  policy = jsonencode({", '  Version = "2012-10-17"',
     "    role = aws_iam_role.execution[each.key].id", '  "Principal": {"Service": "ecs-tasks.amazonaws.com"},',
     "  statement {", "  policy = <<EOF", '   Resource = "arn:aws:s3:::acme-config/web/prod.env",',
     '  family = "web"', "  cpu    = 256", '  memory = "512"', '  requires_compatibilities = ["FARGATE"]',
     "  container_definitions = jsonencode([{", '  network_mode = "awsvpc"', "  tags = var.tags",
     "  iam_statements = local.base", '  source = "./modules/role"',
     '  { type = "s3", value = "s3://${aws_s3_bucket.b.id}/${aws_s3_object.o.key}" },',
     '  "resources": ["${aws_secretsmanager_secret.app[\\"DB\\"].arn}"],', '  "${var.secret_arns["db"]}:url::",',
     '  "${local.arn_prefix}/url",', '  name = "${var.name}-execution"',
     f'  awslogs-group = "/ecs/${{var.name}}-{200 * "a"}"'],
)  # fmt: skip
def test_policy_language_is_harmless(line: str) -> None:
    assert harmless(line)


@every_row(
    "line",
    ["hunter2", "# hunter2", "  }, # hunter2", '  password = "arn:aws:s3:::x"', '  Action = "hunter2"',
     '  value = "s3:GetObject"', "  pin = 1234", 'description = "s3:x"', "/* x", '  values = ["hunter2"]',
     '    "admin:hunter",', "Password: ${var.x}", "  Resource = var.x.hunter(2)", "// x", "role = hunter2",
     '  source = "git::https://admin:hunter2@git.acme.com/role"', '  source = "hunter2@git.acme.com/role"',
     '  { name = "DSN", value = "${var.user}:hunter2" },', '  { name = "DSN", value = "${local.host}/hunter2" },',
     '  "${var.user}:hunter2",', '  "${var.learn}:hunter2",', '  "${var.prefix}hunter2"',
     '  roles = ["${var.user}:hunter2@db"]', '  roles = ["arn:hunter2"]', f'awslogs-group = "{60 * "a"} "',
     "  cpus = 1234", '  family = "hunter 2"', '  tags = { pin = "1234" }', "  cpu = 12345678"],
)  # fmt: skip
def test_other_texts_are_not(line: str) -> None:
    assert not harmless(line)


@pytest.mark.parametrize(
    ("folder", "header", "edited"),
    [("", "", True), ("", "# Code generated by acme-gen. DO NOT EDIT.\n", False),
     ("", "# The role is for one task.\n", True), ("", f"{40_000 * '/'}\n", True),
     ("", 'locals { a = "/" } // generated by acme-gen\n', False),
     (".terragrunt-cache/abc", "", False), ("cdktf.out/stacks", "", False), ("stacks", "// @generated\n", False)],
)  # fmt: skip
def test_generated_files_are_not_edited(folder: str, header: str, edited: bool, tmp_path: Path) -> None:
    place = tmp_path / folder / "literal-missing"
    shutil.copytree(TESTDATA / "literal-missing", place)
    (place / "main.tf").write_text(header + (place / "main.tf").read_text())
    found = check(load(place / "plan.json").plans[0], from_directory(place), RunOptions(fixes=True))
    assert any(each.fix and each.fix.diff for each in found.findings) is edited
