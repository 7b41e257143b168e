from __future__ import annotations

import tracemalloc

from tests.iam.examples import ACCOUNT, CFG, HERE, LOG_GROUP
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.iam.context import Absent, Context, PresenceUnknown
from tfcheck.iam.resource import Resource, Resources, covers, matches, read_resource, target
from tfcheck.symbolic.value import NAME, REGION, Hole, TextLike, Truth, Unknown, text

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
CONTEXT = Context({}).extend({"x:a": "app", "x:none": Absent(), "x:maybe": PresenceUnknown("app")})
PARAMETER = f"arn:aws:ssm:{HERE}:parameter/app/token"
STREAM = LOG_GROUP + "/ecs/app:log-stream:app/app/1"
ARN = Unknown(symbol("aws_s3_bucket.b", ("arn",)))
OTHER_ARN = Unknown(symbol("aws_s3_bucket.o", ("arn",)))
BUCKET = Unknown(symbol("aws_s3_bucket.b", ("bucket",)), hole=NAME)
REGION_SLOT = Unknown(symbol("data.aws_region.r", ("name",)), hole=REGION)
KEY = Unknown(symbol("aws_kms_key.a", ("arn",)), family="key")
OTHER_KEY = Unknown(symbol("aws_kms_key.b", ("arn",)), family="key")
PATH = Unknown(symbol("var", ("path",)))


def fits(pattern: TextLike, resource: TextLike, variables: Truth = T) -> Truth:
    entry = read_resource(pattern, variables=variables)
    assert isinstance(entry, Resource), entry
    return matches(entry, target(resource), CONTEXT)


@every_row(
    ("pattern", "resource", "answer"),
    [
        ("*", PARAMETER, T),
        ("*", "*", T),
        ("arn:aws:ecr:*:*:*", "*", F),
        (ARN, "*", U),
        (CFG + "/*/test/*", CFG + "/1/2/test/3/o", T),
        (CFG + "/*/test/*", CFG + "//test/o", T),
        (CFG + "/*/test/*", CFG + "/1/test/", T),
        (CFG + "/*/test/*", CFG + "/test/o", F),
        (CFG + "/*/test/*", CFG + "/1-test/o", F),
        ("arn:*:s3:::cfg", CFG, T),
        ("arn:AWS:s3:::cfg", CFG, F),
        ("arn:aws:s3:*:*:cfg", CFG, T),
        # parts are compared one by one
        ("arn:aws:ssm:*:*:parameter/app/*", PARAMETER, T),
        ("arn:aws:ssm:*:*:parameter/app", PARAMETER, F),
        ("arn:aws:ssm:eu-west-?:*:*", PARAMETER, T),
        ("arn:aws:logs:*:*:*", STREAM, T),
        ("arn:aws:logs:*:*:log-group:*:log-stream:*", STREAM, T),
        ("arn:aws:logs:*:log-group:/ecs/app:*", STREAM, U),
        ("arn:aws:logs:*:log-group:/ecs/other:*", STREAM, F),
        ("arn:aws:logs:*1:log-group:/ecs/app:*", STREAM, F),
        ("arn:aws:logs:eu*:log-group:/ecs/app:*", STREAM, U),
        ("arn:aws:logs:us*:log-group:/ecs/app:*", STREAM, F),
        ("arn:aws:logs:*-1:log-group:/ecs/app:*", STREAM, F),
        (f"arn:aws:logs:*:{ACCOUNT}:log-stream:*", STREAM, F),
        # fewer than six parts
        ("arn:aws:ssm:*", PARAMETER, U),
        ("arn:aws:s3", CFG, U),
        ("arn:aws:ssm:*", CFG, F),
        # wildcards where AWS does not allow them
        ("arn:aws:s*:::cfg", CFG, U),
        ("arn:aws:s*:::other", CFG, F),
        (f"arn:aws:ssm:{HERE}:para*er/app/token", PARAMETER, U),
        (f"arn:aws:ssm:{HERE}:parameter*", PARAMETER, T),
        (f"arn:aws:ssm:{HERE}:param*", PARAMETER, U),
        (f"arn:aws:ssm:{HERE}:*/token", PARAMETER, U),
        (f"arn:aws:ssm:{HERE}:*", PARAMETER, T),
        ("arn:aws:s3:::c*", CFG + "/x", T),
        # variables
        (CFG + "/${x:a}/*", CFG + "/app/x", T),
        (CFG + "/${x:a}/*", CFG + "/ops/x", F),
        (CFG + "/${x:none}*", CFG + "/x", F),
        (CFG + "/${x:none, 'x'}", CFG + "/x", T),
        (CFG + "/${x:maybe}/*", CFG + "/app/x", U),
        (CFG + "/${x:maybe, 'app'}/*", CFG + "/app/x", T),
        (CFG + "/${x:maybe}/*", CFG + "/ops/x", F),
        (CFG + "/${*}", CFG + "/x", F),
        (CFG + "/${*}", CFG + "/*", T),
        (CFG + "/${?}${$}", CFG + "/?$", T),
        (CFG + "/${x:a", CFG + "/x", U),
        ("arn:aws:s3:${x:a}::cfg", CFG, U),
        ("arn:aws:s3:${x:a}::other", CFG, F),
        ("arn:aws:s3:${x:a}", CFG, U),
        ("arn:aws:s3:*:${x:a", CFG, U),
        (CFG + "/a}/${$}", CFG + "/a}/$", T),
        # parts known only after apply
        (text([ARN, "/*"]), text([ARN, "/x"]), T),
        (text([ARN, "/*"]), text([OTHER_ARN, "/x"]), U),
        (ARN, ARN, T),
        (text([ARN, ":*"]), text([ARN, ":log-stream:x"]), T),
        (text([ARN, ":*:x"]), text([ARN, ":a:x"]), U),
        (KEY, KEY, T),
        (KEY, OTHER_KEY, F),
        (text(["arn:aws:s3:::", BUCKET, "/*"]), text(["arn:aws:s3:::", BUCKET, "/x"]), T),
        (text(["arn:aws:s3:::", BUCKET, "/*"]), CFG + "/x", U),
        (text(["arn:aws:s3:::", BUCKET, "/y"]), CFG + "/x", F),
        ("arn:aws:s3:::*/x", text(["arn:aws:s3:::", BUCKET, "/x"]), T),
        (text(["arn:aws:ssm:", REGION_SLOT, ":*:parameter/app/*"]), PARAMETER, U),
        (text(["arn:aws:ssm:", REGION_SLOT, ":*:parameter/ops/*"]), PARAMETER, F),
        (text(["arn:aws:ssm:", PATH]), PARAMETER, U),
        (text(["arn:aws:ssm:", PATH]), CFG, F),
        (text(["arn:aws:ssm:", Unknown(hole=NAME)]), PARAMETER, U),
        (text([CFG + "/", PATH]), text([CFG + "/", PATH]), T),
        (text([CFG + "/${x:a}/", PATH]), text([CFG + "/app/", PATH]), T),
        ("arn:aws:logs:*:log-group:x", text([f"arn:aws:logs:{HERE}:", PATH]), U),
        ("arn:aws:logs:*:*:y", text([f"arn:aws:logs:{HERE}:", Unknown(hole=Hole(chars=":y")), ":x"]), F),
    ],
)
def test_matches(pattern: TextLike, resource: TextLike, answer: Truth) -> None:
    assert fits(pattern, resource) is answer


def test_a_long_part_before_the_sixth_takes_no_memory() -> None:
    """An expression that could go back to each character would keep a place for each."""
    written = "arn:aws:s3:${x:a}" + 100_000 * "x" + "::cfg"
    tracemalloc.start()
    try:
        assert isinstance(read_resource(written, variables=T), Resource)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 30 * len(written)


def test_variables_are_text_in_policies_of_the_old_version() -> None:
    assert fits(CFG + "/${x:a}", CFG + "/app", F) is F
    assert fits(CFG + "/${x:a}", CFG + "/${x:a}", F) is T
    assert fits(CFG + "/${x:a}", CFG + "/app", U) is U


@every_row("pattern", ["", "cfg", "aws:s3:::cfg", "ARN:aws:s3:::cfg", "**"])
def test_what_is_not_an_arn_is_refused(pattern: str) -> None:
    assert isinstance(read_resource(pattern, variables=T), str)


def test_not_resource_covers_what_no_entry_matches() -> None:
    def entries(*patterns: str) -> Resources:
        read = [read_resource(each, variables=T) for each in patterns]
        return Resources(tuple(each for each in read if isinstance(each, Resource)), negated=True)

    wanted = target(CFG + "/x")
    assert covers(entries(CFG + "/y", CFG), wanted, CONTEXT) is T
    assert covers(entries(CFG + "/y", CFG + "/*"), wanted, CONTEXT) is F
    assert covers(entries(CFG + "/${x:none}"), wanted, CONTEXT) is U
    assert covers(entries(CFG + "/${x:none}", CFG + "/*"), wanted, CONTEXT) is F
    assert covers(entries(CFG + "/${x:maybe}"), target(CFG + "/app"), CONTEXT) is U
    assert covers(None, wanted, CONTEXT) is T
