"""Which statement is corrected, and when is a literal left alone because it may be meant as it is?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fix.found import copied, found_in, replaced
from tests.fix.open_policies import plan_with_open_policies
from tfcheck.analysis.fix_session import fix
from tfcheck.analysis.options import FixSelection
from tfcheck.fix import FixChoice
from tfcheck.fix.proof.second_reader import SecondOpinion, compare
from tfcheck.fix.proposal import DraftFix


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied("misspelled-grants", tmp_path)


def fixes(folder: Path, *, corrects: bool = True) -> dict[str, DraftFix]:
    """Return the fix for each service."""
    found = found_in(folder, FixChoice(corrects=corrects), plan=plan_with_open_policies).fixes.found
    return {each.answers[0].requirement.container or "": each for each in found}


def changed(folder: Path, old: str, new: str) -> None:
    replaced(folder / "main.tf", old, new)


def test_each_mistake_is_corrected_in_its_place(folder: Path) -> None:
    found = fixes(folder)
    assert {name for name, each in found.items() if " correct " in each.fix.title} == {
        "letter", "separator", "case", "bucket", "action", "jobs", "reader",
    }  # fmt: skip
    assert all(
        each.fix.safety == "review" and each.fix.proven for name, each in found.items() if name not in ("other", "pair")
    )
    assert found["letter"].fix.hcl == '"arn:aws:s3:::acme-config/letter/*"\n"arn:aws:s3:::acme-config"'
    assert found["bucket"].fix.title == (
        "in aws_iam_role_policy.bucket, correct `aws_s3_bucket.config.arn` to `${aws_s3_bucket.config.arn}/*`, "
        "because `/*` is missing at its end"
    )
    assert found["reader"].fix.title == (
        "in main.tf, correct `acme-conifg` to `acme-config`, because it differs by one character"
    )
    for each in found.values():
        assert compare(each.insertions[0].source.text, each.insertions) is SecondOpinion.SAME_BUT_INSERTED


def test_a_name_of_another_bucket_is_not_a_mistake(folder: Path) -> None:
    other = fixes(folder)["other"].fix
    assert (other.title, other.safety) == ("add a statement to aws_iam_role_policy.other", "safe")


def test_a_name_that_the_sources_use_elsewhere_is_not_a_mistake(folder: Path) -> None:
    changed(folder, 'Resource = ["arn:aws:s3:::acme-confg"] }', 'Resource = ["arn:aws:s3:::acme-config"] }')
    assert "correct" in fixes(folder)["letter"].fix.title
    changed(folder, "locals {\n", 'locals {\n  archive = "acme-confg"\n')
    assert fixes(folder)["letter"].fix.title.startswith("add ")


def test_what_is_safe_only_corrects_nothing(folder: Path) -> None:
    assert all(" correct " not in each.fix.title for each in fixes(folder, corrects=False).values())
    done = fix([str(folder / "plan.json")], str(folder), FixSelection(safe_only=True))
    assert len(done.summary) > len("abcd")
    assert all(each.endswith("(safe)") and " correct " not in each for each in done.summary)


def test_what_is_written_is_the_corrected_text(folder: Path) -> None:
    done = fix([str(folder / "plan.json")], str(folder), FixSelection(), into_files=True)
    assert done.changed == 1
    text = (folder / "main.tf").read_text()
    assert "acme-confg" not in text
    assert '"s3:GetObjects"' not in text
    assert 'Resource = "${aws_s3_bucket.config.arn}/jobs/*"' in text
    again = fix([str(folder / "plan.json")], str(folder), FixSelection(), into_files=True)
    assert (again.changed, again.diff) == (0, "")


def test_a_pattern_that_another_file_needs_is_not_corrected(folder: Path) -> None:
    """The same task reads a file that the pattern matches as it is."""
    first = 'value = "${aws_s3_bucket.config.arn}/${each.key}/prod.env" }'
    changed(folder, first, f'{first}, {{ type = "s3", value = "arn:aws:s3:::acme-confg/letter/more.env" }}')
    assert " correct " not in fixes(folder)["letter"].fix.title


JSON = """
{"data": {"aws_iam_policy_document": {"separator": {"statement": [
  {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::acme_config/${local.path}/*"]},
  {"actions": ["s3:GetBucketLocation"], "resources": ["${aws_s3_bucket.config.arn}"]}
]}}},
"locals": {"path": "separator"}}
"""


def test_json_syntax_is_corrected_too(folder: Path) -> None:
    text = (folder / "main.tf").read_text()
    start = text.index('data "aws_iam_policy_document" "separator"')
    end = text.index('resource "aws_iam_role_policy" "separator"')
    (folder / "main.tf").write_text(text[:start] + text[end:])
    (folder / "separator.tf.json").write_text(JSON)
    found = fixes(folder)["separator"]
    assert (
        '+  {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::acme-config/${local.path}/*"]},' in found.fix.diff
    )
