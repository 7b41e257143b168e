"""Amazon Resource Names that may be partly unknown.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html:
`arn:partition:service:region:account:resource`, where the resource part may contain further colons.
"""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from tfcheck.symbolic.caching import cache_by_object
from tfcheck.symbolic.texts import split_text
from tfcheck.symbolic.value import Text, TextLike, spelled_out, text
from tfcheck.vocabulary.errors import UsageError


class Arn(msgspec.Struct, frozen=True):
    """The parts of an ARN, each of which may have unknown pieces."""

    partition: TextLike
    service: TextLike
    region: TextLike
    account: TextLike
    resource: TextLike

    def as_text(self) -> TextLike:
        """Join the parts."""
        first = ("arn:", self.partition, ":", self.service, ":", self.region, ":")
        return text((*first, self.account, ":", self.resource))


def parse_arn(value: TextLike) -> Arn | None:
    """Split an ARN; None if `value` is not, or not definitely, one.

    A piece whose hole may hold a colon before the sixth part makes the place of the colons, and so the ARN, uncertain.
    """
    return _split_known(value) if type(value) is str else _split_open(value)


@cache_by_object
def _split_open(value: TextLike) -> Arn | None:
    """Split an ARN that is not an unmarked string: a run parses that of a resource dozens of times."""
    spelled = spelled_out(value)
    if isinstance(spelled, str):
        return _split_text(spelled)
    parts = split_text(spelled, ":", 5)
    return None if parts is None or len(parts) < 6 or parts[0] != "arn" else Arn(*parts[1:])


def _split_text(text: str) -> Arn | None:
    """Split a known ARN, keeping the marks of its parts."""
    if not text.startswith("arn:"):
        return None
    rest = text.split(":", 5)[1:]
    return Arn(*rest) if len(rest) == 5 else None


#: For unmarked texts: a run parses the same few ARNs of a service dozens of times.
_split_known = lru_cache(maxsize=1024)(_split_text)


def partition_of_region(region: str) -> str:
    """Return the partition of a region.

    Follows the partitions in AWS's endpoint data: China and GovCloud regions begin with `cn-` and `us-gov-`.
    """
    for prefix, partition in _PARTITION_PREFIXES:
        if region.startswith(prefix):
            return partition
    return "aws"


_PARTITION_PREFIXES = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
)


#: The domains of AWS's hosts by partition: of those that only IPv4 reaches, and of those that IPv6 reaches as well.
#: Follows AWS's endpoint data and https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html.
DNS_SUFFIXES = {
    "aws": ("amazonaws.com", "on.aws"),
    "aws-us-gov": ("amazonaws.com", "on.aws"),
    "aws-cn": ("amazonaws.com.cn", "on.amazonwebservices.com.cn"),
    "aws-eusc": ("amazonaws.eu", "on.amazonwebservices.eu"),
    "aws-iso": ("c2s.ic.gov", "on.aws.ic.gov"),
    "aws-iso-b": ("sc2s.sgov.gov", "on.aws.scloud"),
    "aws-iso-e": ("cloud.adc-e.uk", "on.cloud-aws.adc-e.uk"),
    "aws-iso-f": ("csp.hci.ic.gov", "on.aws.hci.ic.gov"),
}


def is_arn(value: TextLike) -> bool:
    """Whether a string definitely begins like an ARN."""
    spelled = spelled_out(value)
    first = spelled.pieces[0] if isinstance(spelled, Text) else spelled
    return isinstance(first, str) and first.startswith("arn:")


def account_id(text: str, named: str) -> str:
    """Return the normalised number of an AWS account; `named` is the option for it.

    Raises:
        UsageError: it is not one.
    """
    if not re.fullmatch("[0-9]{12}", text):
        raise UsageError(f"{named} is `{text}`", hint="the number of an AWS account has 12 digits")
    return text
