from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.report import samples
from tests.rows import every_row
from tfcheck.report.annotations import workflow_commands
from tfcheck.report.cause_text import Detail
from tfcheck.report.causes import causes, remedies
from tfcheck.report.markdown import markdown
from tfcheck.report.text import text
from tfcheck.report.words import PURPOSES
from tfcheck.startup import RULES
from tfcheck.vocabulary.finding import Finding, Fix, Remedy, Severity, Skipped

ROOT = Path(__file__).resolve().parents[2]


def of(task: str, role: str, *needs: tuple[str, str], severity: Severity = Severity.ERROR) -> Finding:
    answers = tuple(
        msgspec.structs.replace(
            samples.DENIED, requirement=samples.need(*each, task=task, severity=severity), role=role
        )
        for each in needs
    )
    return Finding("env-file", severity, task, role, f"{role} is not allowed", answers)


def instance(key: str, resource: str, block: str = "svc") -> Finding:
    task, role = f'aws_ecs_task_definition.{block}["{key}"]', f'aws_iam_role.exec["{key}"]'
    return of(task, role, ("s3:GetObject", resource))


def test_instances_that_differ_by_their_key_are_one_group() -> None:
    findings = [instance(key, f"arn:aws:s3:::acme/{key}/prod.env") for key in ("orders", "billing", "cart")]
    (cause,) = causes(findings)
    (group,) = cause.groups
    assert group.shown == ("aws_ecs_task_definition.svc[*]",)
    assert group.role == "aws_iam_role.exec[*]"
    assert [each.resource for each in group.needs] == ["arn:aws:s3:::acme/${each.key}/prod.env"]
    assert len(group.tasks) == len(cause.findings) == 3


def test_instances_that_lack_the_same_keep_its_name() -> None:
    (cause,) = causes([instance(key, "arn:aws:s3:::acme-a/all.env") for key in "abc"])
    (group,) = cause.groups
    assert [each.resource for each in group.needs] == ["arn:aws:s3:::acme-a/all.env"]


def test_instances_whose_secrets_end_in_other_characters_are_one_group() -> None:
    findings = [
        msgspec.structs.replace(
            each,
            answers=tuple(
                msgspec.structs.replace(one, subject=f'${{aws_secretsmanager_secret.db["{key}"].arn}}')
                for one in each.answers
            ),
        )
        for key, end in (("orders", "AbCdEf"), ("cart", "Qr5tUv"))
        for each in (instance(key, f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:{key}-{end}"),)
    ]
    ((group,),) = (each.groups for each in causes(findings))
    assert [each.resource for each in group.needs] == ["${aws_secretsmanager_secret.db[each.key].arn}"]


def test_a_short_key_is_not_part_of_another_word() -> None:
    (cause,) = causes([instance(key, f"arn:aws:s3:::banana/{key}.env") for key in "ab"])
    (group,) = cause.groups
    assert [each.resource for each in group.needs] == ["arn:aws:s3:::banana/${each.key}.env"]


def test_an_index_counts_only_where_it_is_alone() -> None:
    findings = [
        of(
            f"aws_ecs_task_definition.w[{n}]",
            f"aws_iam_role.w[{n}]",
            ("s3:GetObject", f"arn:aws:s3:::acme10/{n}/a.env"),
        )
        for n in range(3)
    ]
    (cause,) = causes(findings)
    assert [each.needs[0].resource for each in cause.groups] == ["arn:aws:s3:::acme10/${count.index}/a.env"]


def test_instances_that_need_other_things_stay_apart() -> None:
    findings = [instance("one", "arn:aws:s3:::acme/x.env"), instance("two", "arn:aws:s3:::acme/y.env")]
    (cause,) = causes(findings)
    assert [each.shown for each in cause.groups] == [
        ('aws_ecs_task_definition.svc["one"]',),
        ('aws_ecs_task_definition.svc["two"]',),
    ]


def test_blocks_that_share_a_role_and_a_need_are_one_group() -> None:
    findings = [
        of(f"aws_ecs_task_definition.{name}", "aws_iam_role.shared", ("s3:GetObject", "arn:aws:s3:::acme/all.env"))
        for name in ("orders", "billing")
    ]
    (cause,) = causes(findings)
    (group,) = cause.groups
    assert group.shown == ("aws_ecs_task_definition.orders", "aws_ecs_task_definition.billing")


def test_what_is_recommended_is_not_a_cause_of_its_own() -> None:
    required = of("t", "r", ("s3:GetObject", "arn:aws:s3:::acme/a.env"))
    recommended = of("t", "r", ("s3:GetBucketLocation", "arn:aws:s3:::acme"), severity=Severity.WARNING)
    (cause,) = causes([required, recommended])
    assert cause.severity is Severity.ERROR
    (group,) = cause.groups
    assert [each.is_required for each in group.needs] == [True, False]


def test_another_rule_reason_or_change_is_another_cause() -> None:
    first = instance("a", "arn:aws:s3:::acme/a.env")
    other_rule = msgspec.structs.replace(first, rule="secret")
    other_change = msgspec.structs.replace(first, change="existing")
    denied = msgspec.structs.replace(first, answers=(samples.DENIED_BUCKET,))
    assert len(causes([first, other_rule, other_change, denied])) == 4


def test_what_breaks_comes_first() -> None:
    new = msgspec.structs.replace(
        instance("a", "x"), answers=(msgspec.structs.replace(samples.DENIED, before=None),), change="introduced"
    )
    breaks = msgspec.structs.replace(instance("b", "y"), rule="secret", change="introduced")
    warned = msgspec.structs.replace(instance("c", "z"), rule="image", severity=Severity.WARNING)
    assert [each.rule for each in causes([warned, new, breaks])] == ["secret", "env-file", "image"]


@every_row("rule", [each.id for each in RULES])
def test_every_rule_has_words_for_what_a_role_cannot_do(rule: str) -> None:
    assert rule in PURPOSES or rule == "trust"


def test_mistakes_of_the_same_words_are_one_cause_and_others_are_not() -> None:
    def misconfiguration(task: str, message: str) -> Finding:
        return Finding("image-host", Severity.WARNING, task, task, message)

    findings = [
        misconfiguration(f'aws_ecs_task_definition.a["{key}"]', f"the image of {key} is elsewhere")
        for key in ("x1y", "z2w")
    ]
    findings.append(misconfiguration("aws_ecs_task_definition.b", "something else"))
    assert [len(each.tasks) for each in causes(findings)] == [2, 1]


def test_mistakes_of_one_kind_are_one_cause_with_what_differs() -> None:
    def misconfiguration(task: str, message: str) -> Finding:
        return Finding("log-group-absent", Severity.WARNING, f"aws_ecs_task_definition.{task}", None, message)

    findings = [
        misconfiguration(
            "web", "container `app` logs to `/ecs/web`, 2 times, as aws_ecs_service.web[0] of data.aws_x.y says"
        ),
        misconfiguration(
            "jobs", 'container `app` logs to `/ecs/jobs`, 3.1 times, as aws_ecs_service.jobs["a.b"] of aws_x.z says'
        ),
        misconfiguration(
            "jobs", "container `app` logs to `/ecs/jobs`, 4 times, as module.a.aws_ecs_service.jobs of aws_x.z says"
        ),
        misconfiguration("jobs", "container `app` logs to nothing"),
    ]
    several, alone = causes(findings)
    assert several.message == "container `app` logs to `…`, … times, as aws_ecs_service.… of aws_x.… says"
    assert several.names(several.groups[0]) == "`/ecs/web`, 2, aws_ecs_service.web[0], data.aws_x.y"
    assert several.rest(1) == (2, "more finding")  # two of one task definition
    assert alone.message == "container `app` logs to nothing"
    screen = text(msgspec.structs.replace(samples.BROKEN, findings=tuple(findings)))
    assert "  aws_ecs_task_definition.web: `/ecs/web`, 2, aws_ecs_service.web[0], data.aws_x.y\n" in screen


def test_a_fix_that_was_only_counted_is_not_above() -> None:
    fixes = [Fix(f"add {name}", "safe", True, f"{name} = 1") for name in ("one", "two")]
    first = [
        msgspec.structs.replace(instance("k", f"arn:aws:s3:::acme/{fix.title}", fix.title[-3:]), fix=fix)
        for fix in fixes
    ]
    second = msgspec.structs.replace(first[1], rule="secret")
    screen = text(msgspec.structs.replace(samples.BROKEN, findings=(*first, second)))
    assert screen.count("  fix: add two (safe, proven)\n    two = 1\n") == 1
    assert "as above" not in screen
    remedies = [msgspec.structs.replace(first[0], rule="image", fix=None, remedy=Remedy(name)) for name in ("a", "b")]
    assert "and 1 more to do (--expand shows all)" in text(
        msgspec.structs.replace(samples.BROKEN, findings=(*remedies,))
    )


def screen(*options: str) -> str:
    command = [sys.executable, "-m", "tfcheck", "--color", "never", *options, "testdata/thirty-services/plan.json"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=_environment())
    assert run.returncode == 1, run.stderr
    return run.stdout


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "80"}


def test_calls_of_one_module_that_make_one_mistake_are_one_group() -> None:
    def late(name: str, waits_for: str = "module.iam.aws_iam_role_policy_attachment.managed") -> Finding:
        path = f"module.{name}"
        message = f"{path}.aws_ecs_service.this does not wait for {waits_for}"
        task, service = f"{path}.aws_ecs_task_definition.this", f"{path}.aws_ecs_service.this"
        return Finding("deploy-order", Severity.WARNING, task, service, message)

    (cause,) = causes([late("cart"), late("cart-ui"), late('web["a"]')])
    (group,) = cause.groups
    assert group.role == "module.*.aws_ecs_service.this"
    assert group.message.startswith("module.*.aws_ecs_service.this does not wait for module.iam.")
    assert len(group.shown) == 3
    (apart,) = causes([late("cart"), late("cart-ui", "module.iam.aws_iam_role_policy.own")])
    assert apart.message == "aws_ecs_service.… does not wait for …"
    assert [apart.names(each).rpartition(".")[2] for each in apart.groups] == ["managed", "own"]
    (alone,) = causes([late("cart")])
    assert alone.groups[0].message.startswith("module.cart.aws_ecs_service.this does not wait")


def test_what_is_to_do_is_written_once() -> None:
    remedy = Remedy("grant the channels", 'Action = ["ssmmessages:*"]')
    findings = [
        Finding("ecs-exec", Severity.INFO, f"aws_ecs_task_definition.{name}", None, f"{name} lacks them", remedy=remedy)
        for name in ("web", "jobs")
    ]
    shown = text(msgspec.structs.replace(samples.BROKEN, findings=tuple(findings)))
    assert shown.count('Action = ["ssmmessages:*"]') == 1
    assert shown.count("to do: grant the channels") == 2
    assert shown.count("to do: grant the channels (as above)") == 1


@pytest.mark.long
def test_thirty_services_with_ninety_missing_permissions_read_like_three() -> None:
    shown = screen()
    assert shown.count("error[") == 3
    assert "90 required permissions missing, 30 recommended" in shown
    assert len(shown.splitlines()) <= 150
    assert len(screen("-q").splitlines()) <= 40


def test_thirty_services_that_cannot_be_decided_read_like_one() -> None:
    """As they do in a plan without its sources; another task definition has rows of its own."""
    names = [f'aws_ecs_task_definition.svc["svc{number:02}"]' for number in range(30)]
    tasks = [*names, "aws_ecs_task_definition.other"]
    report = samples.report(
        *(samples.unknown(samples.need(task=each, resource=f"${{{each}.execution_role_arn}}"), "it") for each in tasks),
        skipped=tuple(Skipped(each, f"{each}.image is known late") for each in tasks),
    )
    folded = "aws_ecs_task_definition.svc[*] (30 instances)"
    assert " ".join(text(report).split()).count(f"{folded}: ") == 1
    assert len(text(report).splitlines()) <= 25
    assert all(f"{each}: " in " ".join(text(report, Detail(expand=True)).split()) for each in tasks)
    page = markdown([report])
    assert page.count("\n- ❔ ") == 2
    assert "`aws_ecs_task_definition.svc[*]` (30 instances), container" in page
    assert page.count("`aws_ecs_task_definition.svc[*]` (30 instances): ") == 1
    assert "**31 resources could not be analysed**" in page
    assert workflow_commands([report]).count("could not be analysed") == 2


def test_a_row_names_every_container_that_needs_a_permission() -> None:
    """Of instances whose containers are named by their keys, of two containers of one task, and of several actions."""
    services = [f'aws_ecs_task_definition.svc["{key}"]' for key in ("orders", "cart", "cart-prod")]
    wanted = [
        *(
            samples.need(resource="arn:aws:s3:::cart-files/all.env", task=each, container=each[29:-2])
            for each in services
        ),
        *(samples.need(task="aws_ecs_task_definition.two", container=each) for each in ("app", "proxy")),
        *(samples.need(each, "*", task="aws_ecs_task_definition.two") for each in ("ecr:BatchGetImage", "ecr:Other")),
    ]
    found = [
        Finding("env-file", Severity.ERROR, each.task_definition, "aws_iam_role.e", "no", (denied,))
        for each in wanted
        for denied in [msgspec.structs.replace(samples.DENIED, requirement=each)]
    ]
    denied_page = markdown(
        [samples.report(*(answer for each in found for answer in each.answers), findings=tuple(found))]
    )
    undecided_page = markdown([samples.report(*map(samples.unknown, wanted))])
    granted_page = markdown([samples.report(*map(samples.allowed, wanted))])
    for page, sign in ((denied_page, "❌"), (undecided_page, "❔")):
        assert f"\n- {sign} `s3:GetObject` on `arn:aws:s3:::cart-files/all.env`" in page
        assert "`aws_ecs_task_definition.svc[*]` (3 instances), container `${each.key}`, " in page
        assert "`aws_ecs_task_definition.two`, container `app`, `environmentFiles[0]` and container `proxy`, " in page
    assert "\n- ❌ `ecr:BatchGetImage` and `ecr:Other` on `*`, needed by " in denied_page
    assert denied_page.count("\n- ❌ ") == 3
    assert " and 1 more permission, needed by `aws_ecs_task_definition.two`" in undecided_page
    assert undecided_page.count("\n- ❔ ") == 2
    assert "(`orders`, `cart`, `cart-prod`): `s3:GetObject` on `arn:aws:s3:::cart-files/all.env`" in granted_page
    assert "✅ 7 permissions granted" in granted_page


@pytest.mark.long
def test_expand_names_every_instance() -> None:
    shown = screen("--expand")
    assert all(f"svc{number:02}" in shown for number in range(30))
    assert "--expand" not in shown


def test_nothing_is_lost_when_reports_have_no_instances() -> None:
    assert causes([]) == []
    assert text(samples.report()).startswith("plan.json: no ECS task definition in this plan")


def test_a_remedy_that_differs_by_names_of_its_finding_alone_is_written_once() -> None:
    """What a message names is not said again; another value to write is."""
    hcl = 'name = "{0}/{1}"\nsecrets = [{{ name = "{2}", valueFrom = aws_secretsmanager_secret.{1}.arn }}]'
    rows = [("cart", "api_key", "API-KEY"), ("web", "token", "TOKEN"), ("web", "token", "OTHER")]
    found = [
        Finding(
            "credential-in-environment",
            Severity.INFO,
            "aws_ecs_task_definition.a",
            None,
            f"`{name}` of container `{container}` is given its value",
            remedy=Remedy("create a secret", hcl.format(container, label, "TOKEN" if name == "OTHER" else name)),
        )
        for container, label, name in rows
    ]
    assert len(remedies(found)) == 2
    page = markdown([msgspec.structs.replace(samples.BROKEN, findings=tuple(found[:2]))])
    assert page.count(": create a secret") == 1


@pytest.mark.parametrize("part", ["module.a.", "module.a[", "aws_a", "aws_x.y[", "1."])
def test_a_long_message_of_a_forged_report_is_read_once(part: str) -> None:
    """Reading it again from each of its names would take 10 to 100 s."""
    finding = Finding("image-tag", Severity.ERROR, "aws_ecs_task_definition.a", None, part * 30_000)
    assert len(causes([finding])) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("module.a.aws_iam_role.b", 'module.c["d"].module.e[0].aws_iam_role.f["g"]'),
        ("data.aws_iam_role.b", "module.*.data.aws_iam_role.c"),
        ('aws_iam_role.b["a]["]', "awscc_iam_role.c[*]"),
        ("2.1", "10"),
    ],
)
def test_messages_that_differ_only_in_addresses_or_numbers_have_one_cause(first: str, second: str) -> None:
    findings = [
        Finding("image-tag", Severity.ERROR, f"aws_ecs_task_definition.{number}", None, f"it uses {name}, which is bad")
        for number, name in enumerate((first, second))
    ]
    (cause,) = causes(findings)
    assert cause.message.startswith("it uses")
    assert cause.message.endswith("…, which is bad")
