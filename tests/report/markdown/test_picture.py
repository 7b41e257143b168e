from __future__ import annotations

import re

import msgspec
from hypothesis import given

from tests.report import samples
from tests.report.hostile import findings, names
from tests.rows import every_row
from tfcheck.report.markdown.fold import label, picture
from tfcheck.vocabulary.finding import Answer, Evidence, EvidenceKind, Finding, Reason, Verdict

_NODE = re.compile(r'  n\d+\["[^"#<>`\\|&]+"\]')
_EDGE = re.compile(r'  n\d+ (?:-->|-\.->|--x)\|"[^"#<>`\\|&]*"\| n\d+')


def drawn(*answers: Answer) -> str:
    found = picture(msgspec.structs.replace(samples.FINDING, answers=answers))
    assert found is not None
    return found


def test_the_path_from_the_task_to_what_it_may_not_read() -> None:
    assert drawn(samples.DENIED) == "\n".join(
        (
            "flowchart LR",
            '  n1["module.web.aws_ecs_task_definition.app[0]"]',
            '  n2["aws_iam_role.execution"]',
            '  n3["aws_iam_role_policy.env_file"]',
            '  n4["arn:aws:s3:::acme-config/web/prod.env"]',
            '  n1 -->|"execution role"| n2',
            '  n2 -->|"has"| n3',
            '  n3 -.->|"s3:GetObject: resource does not match"| n4',
            "  linkStyle 2 stroke:#cf222e,stroke-width:2px",
        )
    )


def test_nothing_near_leaves_a_gap_behind_the_role() -> None:
    answer = msgspec.structs.replace(samples.DENIED, evidence=())
    assert '  n2 -.->|"s3:GetObject: not granted"| n3' in drawn(answer)


def test_a_deny_is_crossed() -> None:
    assert '  n3 --x|"denies s3:GetBucketLocation"| n4' in drawn(samples.DENIED_BUCKET)


def test_a_role_has_its_own_policies_and_is_checked_by_those_of_the_resource() -> None:
    (evidence,) = samples.DENIED_BUCKET.evidence
    for policy in ("aws_s3_bucket_policy.config", "module.key.aws_kms_key.this[0]"):
        of_resource = msgspec.structs.replace(evidence, policy=policy)
        answer = msgspec.structs.replace(samples.DENIED_BUCKET, evidence=(of_resource,))
        assert '  n2 -->|"is checked by"| n3' in drawn(answer)
    for policy in ("module.a.aws_iam_policy.p[0]", "arn:aws:iam::aws:policy/AdministratorAccess"):
        of_role = msgspec.structs.replace(evidence, policy=policy)
        assert '  n2 -->|"has"| n3' in drawn(msgspec.structs.replace(samples.DENIED_BUCKET, evidence=(of_role,)))


def test_a_role_that_ecs_may_not_assume_ends_the_path() -> None:
    answer = msgspec.structs.replace(samples.DENIED, reason=Reason.TRUST_POLICY)
    assert '  n1 -.->|"ECS is not allowed to assume it"| n2' in drawn(answer)
    assert "arn:" not in drawn(answer)


def test_what_nobody_could_read_is_not_drawn() -> None:
    many = tuple(
        msgspec.structs.replace(samples.DENIED, requirement=samples.need(resource=f"arn:aws:s3:::b/{number}"))
        for number in range(20)
    )
    assert picture(msgspec.structs.replace(samples.FINDING, answers=many)) is None


def test_nothing_denied_is_not_drawn() -> None:
    assert picture(msgspec.structs.replace(samples.FINDING, answers=(samples.unknown(),))) is None


@given(names)
def test_a_label_ends_where_it_should(name: str) -> None:
    written = re.sub(r"#\d+;", "", label(name * 5))
    assert not re.search(r'["#<>`\\|&]', written)
    assert len(written) <= 60
    assert written.isprintable()


@given(findings)
def test_every_line_is_one_of_ours(finding: Finding) -> None:
    found = picture(finding)
    for line in (found or "").split("\n")[1:]:
        bare = re.sub(r"#\d+;", "x", line)
        assert _NODE.fullmatch(bare) or _EDGE.fullmatch(bare) or line.startswith("  linkStyle "), line


def test_evidence_of_one_policy_is_one_node() -> None:
    evidence = tuple(
        Evidence("aws_iam_policy.p", None, "Allow", why) for why in (EvidenceKind.OTHER_RESOURCE, EvidenceKind.ALLOWS)
    )
    answer = Answer(samples.need(), "r", Verdict.DENIED, Reason.IMPLICIT_DENY, evidence=evidence)
    assert drawn(answer).count('"aws_iam_policy.p"') == 1


@every_row(
    ("reason", "gap"),
    [
        (Reason.GRANTED_TO_TASK_ROLE, "granted to the task role only"),
        (Reason.PERMISSIONS_BOUNDARY, "beyond the boundary"),
        (Reason.RESOURCE_POLICY, "not by the resource's policy"),
        (Reason.NO_EXECUTION_ROLE, "not granted"),
    ],
)
def test_policies_that_are_not_the_role_s_are_not_drawn_as_its_own(reason: Reason, gap: str) -> None:
    answer = msgspec.structs.replace(samples.DENIED, reason=reason)
    assert f'  n2 -.->|"s3:GetObject: {gap}"| n3' in drawn(answer)
    assert "env_file" not in drawn(answer)
