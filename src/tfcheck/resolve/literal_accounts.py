"""Find the account numbers in the ARNs of a plan and its sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tfcheck.plan import Plan
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Value, strings

# fmt: off
#: Accounts that write the logs of load balancers
#: (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html).
_LOAD_BALANCERS = frozenset(
    (
        "127311923021", "033677994240", "027434742980", "797873946194", "098369216593", "754344448648", "589379963580",
        "718504428378", "383597477331", "600734575887", "114774131450", "783225319266", "582318560864", "985666609251",
        "054676820928", "156460612806", "652711504416", "635631232127", "009996457667", "897822967062", "076674570225",
        "507241528517", "048591011584", "190560391635", "638102146993", "037604701340",
    )
)
#: Accounts that write the audit logs of Redshift (https://docs.aws.amazon.com/redshift/latest/mgmt/db-auditing.html).
_REDSHIFT = frozenset(
    (
        "365689465814", "313564881002", "404641285394", "760740231472", "090321488786", "865932855811", "361669875840",
        "762762565011", "907379612154", "111890595117", "660998842044", "053454850223", "729911121831", "945612479654",
        "210876761215", "307160386991", "915173422425", "013126148197", "075028567923", "193672423079", "391106570357",
        "665727464434", "262260360010", "902366379725",
    )
)
#: Accounts that write trails
#: (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-supported-regions.html).
_CLOUDTRAIL = frozenset(
    (
        "525921808201", "119688915426", "216624486486", "492519147666", "765225791966", "977081816279", "582488909970",
        "903692715234", "284668455005", "069019280451", "187074758985", "819402241893", "193415116832", "681348832753",
        "035351147821", "453052556044", "829690693026", "669305197877", "757211635381", "859597730677", "282025262664",
        "262312530599", "683224464357", "585772288577", "034638983726", "814480443879", "086441151436", "475085895292",
        "608710470296", "388731089494", "113285607260",
    )
)
# fmt: on
#: The account that writes billing reports (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/billing-getting-started.html).
_BILLING = frozenset(("386209384616",))
#: Accounts of AWS itself, whose ARNs are in policies of other accounts.
_OF_AWS = _LOAD_BALANCERS | _REDSHIFT | _CLOUDTRAIL | _BILLING
#: NOTE: repositories and layers are often those of a shared account.
_ACCOUNT = regex(
    r"\barn:(?:aws[a-z-]*|\*|\$\{[^{}]*\}):(?!ecr:)(?!lambda:[^:]*:[0-9]{12}:layer:)[a-z0-9-]+:"
    r"(?:[a-z0-9*-]*|\$\{[^{}]*\}):([0-9]{12}):"
)
_COMMENT_LINE = regex(r"^[ \t]*(?:#|//).*$", re.MULTILINE)


def literal_accounts(plan: Plan, source_texts: Iterable[str], secrets: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the accounts in ARNs of planned resources, variables and sources, except AWS's own.

    Looked-up values do not count, nor do repositories and Lambda layers: somebody else may own them. Accounts that only
    trust policies name belong to others. Texts of the plan that are `secrets` do not count either.
    """
    planned = set(accounts_in(plan.variables, secrets))
    trusted: set[str] = set()
    for kind in plan.types():
        for instance in plan.instances(kind) if kind.startswith("aws_") else ():
            for name, value in (instance.after or {}).items():
                (trusted if name == "assume_role_policy" else planned).update(accounts_in(value, secrets))
    written = {account for text in source_texts for account in accounts_in(_COMMENT_LINE.sub("", text))}
    return frozenset((planned | written) - (trusted - planned) - _OF_AWS)


def accounts_in(value: Value, secrets: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the account numbers in the ARNs of a value, except in strings that are `secrets`."""
    for text in strings(value):
        yield from () if text in secrets else _ACCOUNT.findall(text)
