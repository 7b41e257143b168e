"""Decide whether a role is allowed to make a call: IAM policies and a request in, a decision out.

Usable by itself: nothing here knows of Terraform or of ECS.
"""

from __future__ import annotations

from tfcheck.iam.applies import applies
from tfcheck.iam.condition import Wait
from tfcheck.iam.context import Absent, Caller, Context, Deferred, Entry, LaterTime, OneOfValues, PresenceUnknown
from tfcheck.iam.decide import Allowed, Decision, Denied, Layers, Undecided, decide, decide_anonymous, decide_service
from tfcheck.iam.document import conceal, parse_policy, rename_policy
from tfcheck.iam.keys import CLOCK_KEYS, service_context, start_up_context
from tfcheck.iam.managed import managed_policy, managed_policy_arn, managed_policy_version
from tfcheck.iam.model import Effect, Origin, Policy, PolicyKind, Request, Statement
from tfcheck.iam.near import Mismatch, NearMiss, near_misses, near_trust

__all__ = [
    "CLOCK_KEYS",
    "Absent",
    "Allowed",
    "Caller",
    "Context",
    "Decision",
    "Deferred",
    "Denied",
    "Effect",
    "Entry",
    "LaterTime",
    "Layers",
    "Mismatch",
    "NearMiss",
    "OneOfValues",
    "Origin",
    "Policy",
    "PolicyKind",
    "PresenceUnknown",
    "Request",
    "Statement",
    "Undecided",
    "Wait",
    "applies",
    "conceal",
    "decide",
    "decide_anonymous",
    "decide_service",
    "managed_policy",
    "managed_policy_arn",
    "managed_policy_version",
    "near_misses",
    "near_trust",
    "parse_policy",
    "rename_policy",
    "service_context",
    "start_up_context",
]
