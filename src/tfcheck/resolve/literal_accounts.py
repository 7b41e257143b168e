"""Find the account numbers in the ARNs that are written for a plan."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tfcheck.plan import Plan

#: Accounts of AWS itself, whose ARNs stand in policies of other accounts: those that write the logs of load balancers
#: (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html), and those of
#: container registries and Lambda layers.
# fmt: off
_OF_AWS = frozenset(
    (
        "127311923021", "033677994240", "027434742980", "797873946194", "098369216593", "754344448648", "589379963580",
        "718504428378", "383597477331", "600734575887", "114774131450", "783225319266", "582318560864", "985666609251",
        "054676820928", "156460612806", "652711504416", "635631232127", "009996457667", "897822967062", "076674570225",
        "507241528517", "048591011584", "190560391635", "638102146993", "037604701340", "602401143452", "591542846629",
        "906394416424", "840364872350", "763104351884", "580247275435", "017000801446", "709825985650", "386209384616",
    )
)
# fmt: on
_ACCOUNT = re.compile(r"\barn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}):")
_COMMENT_LINE = re.compile(r"^[ \t]*(?:#|//).*$", re.MULTILINE)


def literal_accounts(plan: Plan, source_texts: Iterable[str]) -> frozenset[str]:
    """Return the accounts in ARNs of planned resources, of variables and of the sources, except AWS's own.

    Looked-up values do not count: somebody else may own them.
    """
    found: set[str] = set()
    for text in strings(plan.variables):
        found.update(_ACCOUNT.findall(text))
    for kind in plan.types():
        for instance in plan.instances(kind) if kind.startswith("aws_") else ():
            for text in strings(instance.after):
                found.update(_ACCOUNT.findall(text))
    for text in source_texts:
        found.update(_ACCOUNT.findall(_COMMENT_LINE.sub("", text)))
    return frozenset(found - _OF_AWS)


def strings(value: object) -> Iterator[str]:
    """Yield the strings in a value."""
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from strings(each)
        case list():
            for each in value:
                yield from strings(each)
        case _:
            pass
