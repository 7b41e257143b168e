"""The condition keys of a call by a role, or by an AWS service that assumes one.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html for a role whose session
runs a task: it signs its calls with temporary credentials, uses TLS, and is not a user.
"""

from __future__ import annotations

from collections.abc import Mapping

from tfcheck.iam.context import ABSENT, Caller, Context, Entry, OneOfValues, PresenceUnknown
from tfcheck.symbolic.value import ACCOUNT_ID, REGION, ROLE_ID, Hole, TextLike, Unknown, text

_BOOLEAN = OneOfValues(("true", "false"))
_SESSION = Hole(chars=":/*?", shortest=1)
#: The keys for the time of the call, in lower case.
CLOCK_KEYS = ("aws:currenttime", "aws:epochtime", "aws:tokenissuetime")
_CLOCK = Unknown(reason="the time of the call")


def start_up_context(
    caller: Caller,
    action: str,
    *,
    region: TextLike | None = None,
    resource_account: TextLike | None = None,
    direct: bool = True,
    on_fargate: bool | None = None,
    extras: Mapping[str, Entry] | None = None,
) -> Context:
    """Return the keys of a role's call, as far as caller, account and region determine them.

    `region` is that of the endpoint, `resource_account` the owner of the resource; None is not known. `direct` false: a
    service makes the call on behalf of the role. `extras` adds keys or replaces them (see `Context.extend`): resource
    tags, `kms:ViaService`, the encryption context, `secretsmanager:SecretId`. The keys of another service are absent.
    Any other key may be absent, and may have any value.
    """
    service = action.partition(":")[0].lower()
    if service in _FILE_SYSTEM_ENTRIES:
        return Context(_FILE_SYSTEM_ENTRIES[service]).extend(extras or {})
    account: Entry = Unknown(hole=ACCOUNT_ID) if resource_account is None else resource_account
    entries: dict[str, Entry] = {
        **_caller_entries(caller),
        **_call_entries(region, direct=direct),
        "aws:resourceaccount": account,
    }
    if service == "s3":
        entries |= _S3_ENTRIES | {"s3:resourceaccount": account}
    elif service == "kms":
        entries |= {"kms:calleraccount": caller.account, **dict.fromkeys(_NOT_OF_DECRYPTION, ABSENT)}
    if on_fargate:
        entries |= dict.fromkeys(_INSTANCE_KEYS, ABSENT)
    others = (f"{each}:" for each in _WITH_KEYS if each != service)
    context = Context(entries, ("aws:requesttag/", *others)).extend({"aws:PrincipalTag/": caller.tags})
    if isinstance(caller.tags, Unknown):  # default tags of the provider, if any, replace none of the role's own
        context = context.extend({f"aws:PrincipalTag/{key}": value for key, value in caller.own_tags.items()})
    return context.extend(extras or {})


def service_context(*, source_account: TextLike, source_arn: TextLike, region: TextLike | None = None) -> Context:
    """Return the keys of the call by which an AWS service assumes a role on behalf of a source."""
    entries: dict[str, Entry] = {
        **_call_entries(region, direct=True),
        "aws:sourceaccount": source_account,
        "aws:sourcearn": source_arn,
        "aws:principalisawsservice": "true",
        "sts:externalid": ABSENT,
        "aws:username": ABSENT,
        "aws:sourceidentity": ABSENT,
        "aws:multifactorauthpresent": ABSENT,
        "aws:multifactorauthage": ABSENT,
    }
    return Context(entries)


def _caller_entries(caller: Caller) -> dict[str, Entry]:
    identifier = Unknown(hole=ROLE_ID) if caller.unique_id is None else caller.unique_id
    return {
        "aws:principalarn": caller.arn,
        "aws:principalaccount": caller.account,
        "aws:principaltype": "AssumedRole",
        "aws:principalisawsservice": "false",
        "aws:userid": text([identifier, ":", Unknown(hole=_SESSION)]),
        # NOTE: AWS documents it for temporary credentials, and elsewhere that it may be missing.
        "aws:multifactorauthpresent": PresenceUnknown("false"),
        **dict.fromkeys(_ABSENT_KEYS, ABSENT),
    }


def _call_entries(region: TextLike | None, *, direct: bool) -> dict[str, Entry]:
    entries: dict[str, Entry] = {
        "aws:securetransport": "true",
        "aws:viaawsservice": "false" if direct else _BOOLEAN,
        "aws:requestedregion": Unknown(hole=REGION) if region is None else region,
        **dict.fromkeys(CLOCK_KEYS, _CLOCK),
    }
    if direct:
        entries |= {"aws:calledvia": ABSENT, "aws:calledviafirst": ABSENT, "aws:calledvialast": ABSENT}
    return entries


#: Keys of users, federated sessions and calls of services themselves, which a role assumed by ECS does not have.
_ABSENT_KEYS = (
    "aws:assumedroot",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceidentity",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:tagkeys",
    "aws:username",
)
_INSTANCE_KEYS = ("aws:ec2instancesourcevpc", "aws:ec2instancesourceprivateipv4", "ec2:sourceinstancearn")
#: Services that add their own keys to requests to them only
#: (https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html).
#: NOTE: without services that add keys to role sessions, and so to every request: EC2, Lambda, STS.
_WITH_KEYS = ("ecr", "elasticfilesystem", "iam", "kms", "logs", "s3", "s3files", "secretsmanager", "ssm")
#: EFS checks these keys of its clients and the access point's, and documents that it enforces no others
#: (https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html): their effect is unknown. S3 Files
#: documents only the key of its access points; ECS always encrypts what it sends to it
#: (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/s3files-volumes.html).
_FILE_SYSTEM_ENTRIES: dict[str, dict[str, Entry]] = {
    "elasticfilesystem": {"aws:securetransport": "true", "elasticfilesystem:accessedviamounttarget": "true"},
    "s3files": {"aws:securetransport": "true"},
}
#: Keys of requests through access points and Access Grants, which ECS does not use: its ARNs name a bucket; and keys of
#: parameters and headers that are not sent when an object is read
#: (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html).
_NOT_OF_S3_READS = (
    "s3:accessgrantsinstancearn",
    "s3:accesspointnetworkorigin",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:delimiter",
    "s3:locationconstraint",
    "s3:max-keys",
    "s3:prefix",
    "s3:versionid",
    "s3:x-amz-acl",
    "s3:x-amz-copy-source",
    "s3:x-amz-metadata-directive",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-server-side-encryption-customer-algorithm",
    "s3:x-amz-storage-class",
    "s3:x-amz-website-redirect-location",
)
#: Keys of aliases in requests, which services do not use, and of requests about grants
#: (https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html).
_NOT_OF_DECRYPTION = (
    "kms:grantconstrainttype",
    "kms:granteeprincipal",
    "kms:grantisforawsresource",
    "kms:grantoperations",
    "kms:requestalias",
    "kms:retiringprincipal",
)
_S3_ENTRIES: dict[str, Entry] = {
    **dict.fromkeys(_NOT_OF_S3_READS, ABSENT),
    "s3:tlsversion": OneOfValues(("1.2", "1.3")),
    "s3:signatureversion": "AWS4-HMAC-SHA256",
    "s3:authtype": "REST-HEADER",
}
