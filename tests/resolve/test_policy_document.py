from __future__ import annotations

import json
import os
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import tries
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.hcl.formats.json import encode
from tfcheck.resolve.policy_document import document
from tfcheck.symbolic import limits
from tfcheck.symbolic.choices import or_empty
from tfcheck.symbolic.value import NAME, JsonText, Set, Text, Unknown, Value, is_known, text

BUCKET: Final = Unknown(symbol=symbol("aws_s3_bucket.b", ("arn",)))
OPEN: Final = Unknown(reason="a list not known yet")


def document_of(*statements: dict[str, Value], **given: Any) -> Value:
    arguments = {"version": None, "policy_id": None, "sources": [], "overrides": []} | given
    return document(list(statements), **arguments)


def statements(policy: Value) -> Any:
    assert isinstance(policy, dict)
    return policy.get("Statement")


def read(resource: Value, sid: Value = None, **more: Value) -> dict[str, Value]:
    return {"sid": sid, "actions": ["s3:GetObject"], "resources": [resource], **more}


def source(*entries: dict[str, Value], version: str = "2012-10-17") -> Value:
    value: dict[str, Value] = {"Version": version, "Statement": list(entries)}
    return json.dumps(value) if is_known(value) else JsonText(value)


def test_a_statement_is_written_with_defaults_and_lists_of_one_as_their_element() -> None:
    policy = document_of(read("arn:aws:s3:::b/*"))
    assert policy == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
    }


def test_lists_are_sorted_backwards_without_repetition() -> None:
    (statement,) = statements(document_of({"actions": ["a:A", "a:B", "a:A"], "not_resources": Set(("x",))}))
    assert statement["Action"] == ["a:B", "a:A"]
    assert statement["NotResource"] == "x"


def test_without_statements_there_is_no_statement() -> None:
    assert document_of(policy_id="i") == {"Version": "2012-10-17", "Id": "i"}


def test_unknown_resources_stay_where_they_are() -> None:
    (statement,) = statements(document_of(read(text([BUCKET, "/web/*"]))))
    assert statement["Resource"] == text([BUCKET, "/web/*"])
    (statement,) = statements(document_of({"actions": ["s3:*"], "resources": OPEN}))
    assert statement["Resource"] == OPEN


def test_policy_variables_are_written_with_a_dollar_sign_also_beside_unknown_pieces() -> None:
    (statement,) = statements(document_of(read(text([BUCKET, "/&{aws:username}/*"]))))
    assert statement["Resource"] == text([BUCKET, "/${aws:username}/*"])


def test_the_old_version_has_no_policy_variables() -> None:
    policy = document_of(read("a&{b}"), version="2008-10-17")
    assert isinstance(policy, Unknown)
    assert "2008-10-17" in policy.reason


def test_an_override_replaces_the_statement_of_its_sid_in_place() -> None:
    override = source({"Sid": "A", "Effect": "Deny", "Action": "s3:*", "Resource": "*"})
    policy = document_of(read("x", "A"), read("y", "B"), overrides=[override, None, ""])
    assert [(each["Sid"], each["Effect"]) for each in statements(policy)] == [("A", "Deny"), ("B", "Allow")]


def test_own_statements_replace_those_of_sources_and_come_after_the_others() -> None:
    given = source({"Sid": "A", "Effect": "Deny"}, {"Effect": "Allow"}, version="2008-10-17")
    policy = document_of(read("x", "A"), read("y"), sources=[given])
    assert [each.get("Resource") for each in statements(policy)] == ["x", None, "y"]
    assert isinstance(policy, dict)
    assert policy["Version"] == "2012-10-17"


@every_row(
    "given",
    [
        {"sources": [source({"Sid": "A"}), source({"Sid": "A"})]},
        {"sources": ['{"Statement": {"Sid": "A"}}']},
        {"sources": ["{"]},
        {"overrides": ["[]"]},
    ],
)
def test_what_the_provider_refuses_is_unknown(given: Any) -> None:
    policy = document_of(**given)
    assert isinstance(policy, Unknown)
    assert "refuses" in policy.reason


def test_of_a_source_only_what_the_provider_reads_is_kept() -> None:
    keys: Value = {"Bool": {"a": False}, "NumericLessThan": {"b": 5}}
    given = source({"sid": "X", "EFFECT": "Allow", "Foo": 1, "Condition": keys})
    assert statements(document_of(sources=[given])) == [
        {"Sid": "X", "Effect": "Allow", "Condition": {"Bool": {"a": "false"}}}
    ]


def test_two_own_statements_must_not_share_a_sid() -> None:
    assert isinstance(document_of(read("x", "A"), read("y", "A")), Unknown)


def test_an_unknown_source_may_add_statements_but_removes_none() -> None:
    policy = document_of(read("x"), read("y", "A"), sources=[OPEN])
    first, second, third = statements(policy)
    assert isinstance(first, Unknown)
    assert (second["Resource"], third["Resource"]) == ("x", "y")


def test_an_unknown_override_may_replace_what_has_a_sid() -> None:
    first, second, further = statements(document_of(read("x"), read("y", "A"), overrides=[OPEN]))
    assert first["Resource"] == "x"
    assert is_possible(second)
    assert "same Sid" in second["Condition"].reason
    assert isinstance(further, Unknown)


def test_further_own_statements_may_replace_those_of_sources() -> None:
    given = source({"Sid": "A", "Effect": "Allow"}, {"Effect": "Deny"})
    first, second, own, further = statements(document_of(read("x", "B"), sources=[given], open=OPEN))
    assert is_possible(first)
    assert second == {"Effect": "Deny"}
    assert own["Sid"] == "B"
    assert further == OPEN


def test_an_unknown_sid_leaves_open_what_is_replaced() -> None:
    given = source({"Sid": "A", "Effect": "Allow"})
    first, own = statements(document_of(read("x", OPEN), sources=[given]))
    assert is_possible(first)
    assert own["Sid"] == OPEN


def test_a_statement_that_may_not_exist_only_leaves_open_those_with_its_sid() -> None:
    optional = read("x", or_empty("B", OPEN), condition=OPEN)
    given = document_of(optional, sources=[source({"Sid": "A"}, {"Sid": "B"})])
    first, second, own = statements(given)
    assert first == {"Sid": "A"}
    assert is_possible(second)
    assert is_possible(own)
    third, *others = statements(document_of(overrides=[JsonText(given), source({"Sid": "B", "Effect": "Deny"})]))
    assert third == {"Sid": "A"}
    assert [is_possible(each) for each in others] == [True, True, False]


def is_possible(statement: Any) -> bool:
    """Whether a statement may not exist: its condition is unknown, and no other certainly has its Sid."""
    return isinstance(statement.get("Condition"), Unknown) and isinstance(statement.get("Sid"), Unknown)


def test_a_sid_that_definitely_differs_replaces_nothing() -> None:
    sid = Text(("B", Unknown(hole=NAME)))
    assert [each["Sid"] for each in statements(document_of(read("x", sid), sources=[source({"Sid": "A"})]))] == [
        "A",
        sid,
    ]


def test_a_source_with_unknown_leaves_keeps_its_statements() -> None:
    given = source({"Effect": "Allow", "Action": "s3:GetObject", "Resource": text([BUCKET, "/*"])})
    assert statements(document_of(sources=[given]))[0]["Resource"] == text([BUCKET, "/*"])


def test_unknown_principals_and_conditions_stay_unknown() -> None:
    (statement,) = statements(
        document_of(read("x", principals=OPEN, condition=[{"test": OPEN, "variable": "v", "values": ["a"]}]))
    )
    assert isinstance(statement["Principal"], Unknown)
    assert isinstance(statement["Condition"], Unknown)


def test_a_kind_of_which_no_principal_is_named_stays_as_an_empty_list() -> None:
    none: dict[str, Value] = {"type": "AWS", "identifiers": []}
    service: dict[str, Value] = {"type": "Service", "identifiers": ["ecs-tasks.amazonaws.com"]}
    (statement,) = statements(document_of(read("x", principals=[none, service])))
    assert statement["Principal"] == {"AWS": [], "Service": "ecs-tasks.amazonaws.com"}


def test_it_is_open_which_of_two_excluding_keys_is_empty() -> None:
    (statement,) = statements(document_of({"actions": ["a:B"], "not_actions": OPEN, "resources": ["*"]}))
    assert isinstance(statement, Unknown)


# The provider itself as the judge

NAMES: Final = ("", "A", "B", "C")
WORDS: Final = ("*", "s3:GetObject", "s3:*", "arn:aws:s3:::b/&{aws:username}", "x", "${aws:y}", "a&b{")


def chosen(chance: Random, least: int = 0) -> list[str]:
    return chance.sample(WORDS, chance.randint(least, 3))


def statement(chance: Random, sid: str) -> dict[str, Any]:
    return {
        "sid": sid,
        "effect": chance.choice((None, "Allow", "Deny")),
        "actions": chosen(chance),
        "not_resources": chosen(chance) if chance.random() < 0.2 else None,
        "resources": chosen(chance),
        "principals": [
            {"type": chance.choice(("AWS", "Service", "*")), "identifiers": chosen(chance)}
            for _ in range(chance.randint(0, 2))
        ],
        "condition": [
            {"test": chance.choice(("StringLike", "Bool")), "variable": chance.choice(("a", "b")), "values": values}
            for values in [chosen(chance) for _ in range(chance.randint(0, 2))]
        ],
    }


def data_source(chance: Random) -> dict[str, Any]:
    def documents() -> list[str]:
        entries = [
            [
                {"Sid": sid, "Effect": "Allow", "Action": chosen(chance)}
                for sid in chance.sample(NAMES, chance.randint(0, 3))
            ]
            for _ in range(chance.randint(0, 2))
        ]
        return [json.dumps({"Version": "2012-10-17", "Statement": each}) for each in entries]

    return {
        "policy_id": chance.choice((None, "i")),
        "statement": [statement(chance, sid) for sid in chance.sample(NAMES, chance.randint(0, 3))],
        "source_policy_documents": documents(),
        "override_policy_documents": documents(),
    }


def escaped(value: Any) -> Any:
    """Escape what a JSON configuration would read as a template."""
    if isinstance(value, str):
        return value.replace("${", "$${")
    if isinstance(value, list):
        return [escaped(item) for item in value]
    return {key: escaped(item) for key, item in value.items()} if isinstance(value, dict) else value


def rendered(sources: list[dict[str, Any]], directory: Path) -> list[Any]:
    """Let Terraform and the provider render the data sources; none of this needs a network."""
    configuration = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}}},
        "provider": {
            "aws": {
                "region": "eu-west-1",
                "access_key": "x",
                "secret_key": "x",
                "skip_credentials_validation": True,
                "skip_requesting_account_id": True,
                "skip_metadata_api_check": True,
                "skip_region_validation": True,
            }
        },
        "data": {"aws_iam_policy_document": {f"d{index}": escaped(each) for index, each in enumerate(sources)}},
        "output": {
            f"d{index}": {"value": f"${{data.aws_iam_policy_document.d{index}.json}}"} for index in range(len(sources))
        },
    }
    (directory / "main.tf.json").write_text(json.dumps(configuration))
    plugins = os.environ["TFCHECK_PLUGIN_DIR"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("TF_")}
    for arguments in (["init", f"-plugin-dir={plugins}"], ["plan", "-out=plan"], ["show", "-json", "plan"]):
        command = ["terraform", *arguments]
        done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    outputs = json.loads(done.stdout)["planned_values"]["outputs"]
    return [json.loads(outputs[f"d{index}"]["value"]) for index in range(len(sources))]


@pytest.mark.skipif(
    shutil.which("terraform") is None or "TFCHECK_PLUGIN_DIR" not in os.environ,
    reason="needs terraform, and TFCHECK_PLUGIN_DIR naming a directory with the AWS provider 5.100.0",
)
def test_generated_documents_are_those_of_the_provider(tmp_path: Path) -> None:
    chance = Random(7)
    sources = [data_source(chance) for _ in range(60)]
    kept = [(each, ours) for each in sources for ours in [mine(each)] if isinstance(ours, dict)]
    assert len(kept) > 30
    answers = rendered([each for each, _ in kept], tmp_path)
    for (each, ours), theirs in zip(kept, answers, strict=True):
        assert unordered(ours) == unordered(theirs), each


def unordered(value: Any) -> Any:
    """Compare lists inside statements as sets: of principals and conditions the order is that of hashes."""
    if isinstance(value, dict):
        return {key: item if key == "Statement" else unordered(item) for key, item in value.items()} | {
            key: [unordered(each) for each in item] for key, item in value.items() if key == "Statement"
        }
    return set(value) if isinstance(value, list) else value


def mine(source: dict[str, Any]) -> Value:
    return document(
        source["statement"],
        None,
        source["policy_id"],
        source["source_policy_documents"],
        source["override_policy_documents"],
    )


# A law


@tries(200)
@given(
    st.integers(0, 10**6),
    st.sampled_from(["sid", "effect", "actions", "resources", "principals", "condition"]),
    st.data(),
)
def test_what_is_made_of_unknown_parts_holds_for_all_their_values(seed: int, masked: str, data: st.DataObject) -> None:
    source = data_source(Random(seed))
    if not source["statement"]:
        return
    whole = mine(source)
    index = data.draw(st.integers(0, len(source["statement"]) - 1))
    source["statement"][index] = source["statement"][index] | {masked: OPEN}
    assert covers(mine(source), whole)


def covers(partly: Value, whole: Value) -> bool:
    """Whether `whole` is one of the documents that `partly` leaves open."""
    if isinstance(partly, Unknown) or isinstance(whole, Unknown):
        return True
    listed, theirs = statements(partly) or [], list(statements(whole) or [])
    mine = [entry for entry in listed if not isinstance(entry, Unknown)]
    for entry in sorted(mine, key=is_possible):
        fitting = [each for each in theirs if all(fits(entry.get(name), each.get(name)) for name in {*entry, *each})]
        if fitting:
            theirs.remove(fitting[0])
        elif not is_possible(entry):
            return False
    return not theirs or mine != listed


def fits(partly: Value, whole: Value) -> bool:
    return isinstance(partly, Unknown) or partly == whole


def test_numbers_are_written_as_the_strings_they_are_converted_to() -> None:
    condition: dict[str, Value] = {
        "test": "NumericLessThan",
        "variable": "s3:TlsVersion",
        "values": [1.2, Fraction(3, 2)],
    }
    accounts: dict[str, Value] = {"type": "AWS", "identifiers": [123456789012]}
    (statement,) = statements(document_of(read("*", condition=[condition], principals=[accounts])))
    assert statement["Condition"] == {"NumericLessThan": {"s3:TlsVersion": ["1.2", "1.5"]}}
    assert statement["Principal"] == {"AWS": "123456789012"}


def test_thousands_of_unknown_sids_take_the_steps_of_the_run() -> None:
    many: list[dict[str, Value]] = [
        {"sid": Unknown(symbol=symbol(f"aws_x.y{each}", ("id",))), "actions": ["s3:*"]} for each in range(2000)
    ]
    with limits.limit_steps() as allowance:
        own = document(many, None, None, [], [])
        assert isinstance(own, dict)
        found = document(many, None, None, [encode(own)], [encode(own)])
    assert isinstance(found, Unknown)
    assert limits.REASON in found.reason
    assert allowance.exceeded
