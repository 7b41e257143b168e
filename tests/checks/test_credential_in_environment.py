"""Credentials are not written into `environment`, and their values are never shown."""

from __future__ import annotations

from tests.checks.made_tasks import LATER, SECRET, found_in, messages
from tests.rows import every_row
from tfcheck.checks import credential_in_environment
from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import Value


@every_row("name", ["DB_PASSWORD", "dbPassword", "API_KEY", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "secret"])
def test_a_name_may_sound_like_a_credential(name: str) -> None:
    (found,) = messages(credential_in_environment.CHECK, {"environment": [{"name": name, "value": "s3cr3t!"}]})
    assert found.startswith(f"info: `{name}`")
    assert "s3cr3t!" not in found


@every_row(
    ("name", "value"),
    [
        ("PASSWORD_FILE", "x"),
        ("SECRET_NAME", "x"),
        ("TOKEN_URL", "x"),
        ("BYPASS", "x"),
        ("MONKEY", "x"),
        ("PASSWORD", ""),
        ("PASSWORD", "/run/secrets/db"),
        ("SECRET", SECRET),
        ("TOKEN", "https://auth.example.com/token"),
        ("RESET_PASSWORD", "true"),
        ("MAX_TOKEN", "4096"),
        ("PASSWORD", LATER),
    ],
)
def test_most_names_and_pointers_do_not(name: str, value: Value) -> None:
    assert messages(credential_in_environment.CHECK, {"environment": [{"name": name, "value": value}]}) == []


@every_row(
    "value",
    [
        "postgres://app:hunter2@db.example.com/app",
        "redis://:hunter2@cache:6379/0",
        "mongodb+srv://app:hunter2@one,two/app?retryWrites=true",
        Sensitive("amqp://app:hunter2@queue", ((11, 18),)),
        '{"url": "jdbc:mysql://app:hunter2@db/app"}',
    ],
)
def test_an_address_may_contain_a_password(value: Value) -> None:
    (found,) = messages(credential_in_environment.CHECK, {"environment": [{"name": "DATABASE_URL", "value": value}]})
    assert found.startswith("info: `DATABASE_URL` of container `app` has a password in its value")
    assert "hunter2" not in found


@every_row(
    "value",
    [
        "postgres://app@db.example.com:5432/app",
        "postgres://app:@db.example.com/app",
        "http://proxy:3128/@scope",
        "https://example.com:8080?to=team@example.com",
        "http://one:80, http://two:81/@x",
        "postgres://app:${DB_PASSWORD}@db/app",
        "postgres://app:$(DB_PASSWORD)@db/app",
        "postgres://app:<password>@db/app",
        "postgres://{user}:{password}@db/app",
        "postgres://%s:%s@db/app",
        LATER,
    ],
)
def test_most_addresses_contain_none(value: Value) -> None:
    assert messages(credential_in_environment.CHECK, {"environment": [{"name": "DATABASE_URL", "value": value}]}) == []


def test_a_value_in_the_environment_is_never_reported() -> None:
    assert not any("correct horse" in repr(each) for each in found_in("twelve-services"))


def test_what_is_marked_in_a_name_is_not_shown() -> None:
    """Also a short one inside of a word, which is not a separate part that could be looked for."""
    name = Sensitive("ab1_PASSWORD", ((0, 3),))
    container: dict[str, Value] = {
        "name": Sensitive("webab1", ((3, 6),)),
        "environment": [{"name": name, "value": "s3cr3t!"}],
    }
    (found,) = messages(credential_in_environment.CHECK, container)
    assert found.startswith("info: `(sensitive)_PASSWORD` of container `web(sensitive)` is given")
