"""The bundled AWS managed policies.

Those that matter to the roles of ECS tasks come with tfcheck, each in one version that AWS published in the partition
`aws` (`data/managed_policies.json`, written by `scripts/managed_policies.py`). All others are unknown, and so is what
the ARNs in a policy begin with in another partition.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from tfcheck.iam.document import parse_policy
from tfcheck.iam.model import Policy
from tfcheck.symbolic.marks import Leaf, map_leaves
from tfcheck.symbolic.value import PARTITION, TextLike, Unknown, Value, display, text
from tfcheck.vocabulary.arn import Arn, parse_arn

_BUNDLED_PARTITION = "aws"
_BUNDLED_ARN = f"arn:{_BUNDLED_PARTITION}:"


class _Bundled(msgspec.Struct, frozen=True):
    """A bundled policy: its version at AWS and its document, which is parsed on request."""

    version: str
    document: msgspec.Raw


def managed_policy(arn: TextLike) -> Policy | None:
    """Return the AWS managed policy with this ARN in any partition; None if it is not bundled."""
    found = _find(arn)
    if found is None:
        return None
    document: Value = msgspec.json.decode(found.document)
    parts = parse_arn(arn)
    if parts is not None and isinstance(parts.partition, str) and parts.partition != _BUNDLED_PARTITION:
        reason = f"the text of the AWS managed policy in the partition {parts.partition}"
        document = map_leaves(document, lambda leaf: _with_open_partition(leaf, reason))
    return parse_policy(document, display(arn))


def _with_open_partition(leaf: Leaf, reason: str) -> Value:
    """Open the partition of an ARN: in another one, AWS may write ARNs with another beginning."""
    if not isinstance(leaf, str) or not leaf.startswith(_BUNDLED_ARN):
        return leaf
    return text(["arn:", Unknown(reason=reason, hole=PARTITION), ":", leaf.removeprefix(_BUNDLED_ARN)])


def managed_policy_arn(name: str, path_prefix: str = "", partition: TextLike = "aws") -> TextLike | None:
    """Return the ARN of the AWS managed policy with a name; None if it is not bundled.

    A data source that would also match the account's own policy of the same name is an error, so it finds this one.
    """
    found = next((each for each in _load_bundled() if each.rpartition("/")[2] == name), None)
    if found is None or not f"/{found}".startswith(path_prefix):
        return None
    return Arn(partition, "iam", "", "aws", f"policy/{found}").as_text()


def managed_policy_version(arn: TextLike) -> str | None:
    """Return the bundled version of an AWS managed policy: `v2`."""
    found = _find(arn)
    return None if found is None else found.version


def _find(arn: TextLike) -> _Bundled | None:
    parts = parse_arn(arn)
    if parts is None or parts.service != "iam" or parts.account != "aws" or not isinstance(parts.resource, str):
        return None
    kind, _, tail = parts.resource.partition("/")
    return _load_bundled().get(tail) if kind == "policy" else None


def _load_bundled() -> dict[str, _Bundled]:
    data = Path(__file__).with_name("data").joinpath("managed_policies.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, _Bundled])
