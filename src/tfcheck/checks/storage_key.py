"""Let Fargate use the key that encrypts the storage of its tasks.

A cluster can name a customer managed key for the ephemeral storage of tasks on Fargate
(`fargate_ephemeral_storage_kms_key_id`). Fargate uses the key as a service, not with a role of the task: the key policy
must allow the service `fargate.amazonaws.com` `kms:GenerateDataKeyWithoutPlaintext` and `kms:CreateGrant`. The default
key policy does not. If Fargate cannot use the key, or the key is disabled, new tasks fail; running tasks keep running.
The calls have the account and the name of the cluster in their encryption context.

Write into the key policy:

    {
      Effect    = "Allow"
      Principal = { Service = "fargate.amazonaws.com" }
      Action    = ["kms:GenerateDataKeyWithoutPlaintext", "kms:CreateGrant"]
      Resource  = "*"
      Condition = { StringEquals = { "kms:EncryptionContext:aws:ecs:clusterName" = "app" } }
    }

Replace `app` by the name of the cluster, or leave the condition out.

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-create-storage-key.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-managing-kms-key.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.iam import Context, Denied, PresenceUnknown, decide_service, service_context
from tfcheck.inventory.catalogue import KEY, catalogue
from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.key import is_disabled, named_key
from tfcheck.inventory.world import World, WorldObject
from tfcheck.resolve.blocks import only_block
from tfcheck.startup.capacity import CLUSTER, launch_types
from tfcheck.startup.launch import runs
from tfcheck.symbolic.value import TextLike, Unknown, Value
from tfcheck.verdict.resource_policy import ResourcePolicies
from tfcheck.vocabulary.clipping import join_names
from tfcheck.vocabulary.finding import Severity

_SERVICE = "fargate.amazonaws.com"
_ACTIONS = ("kms:GenerateDataKeyWithoutPlaintext", "kms:CreateGrant")
#: Keys that AWS does not document for these calls.
_UNDOCUMENTED = ("aws:SourceAccount", "aws:SourceArn", "aws:ViaAWSService")


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for cluster in runs(task, world).definite.distinct(_cluster_on_fargate, world):
        if cluster is not None:
            yield from _misconfigurations(cluster, world)


def _cluster_on_fargate(run: WorldObject, world: World) -> WorldObject | None:
    """Return the cluster in which a service runs on Fargate, if the plan shows that."""
    if run.address.type != "aws_ecs_service" or "FARGATE" not in launch_types(run, world):
        return None
    return catalogue(world, CLUSTER).find(run.attribute("cluster"), run.surroundings)


def _misconfigurations(cluster: WorldObject, world: World) -> Iterator[Misconfiguration]:
    storage = only_block(member(only_block(cluster.attribute("configuration")), "managed_storage_configuration"))
    found = named_key(member(storage, "fargate_ephemeral_storage_kms_key_id"), cluster, world)
    key = catalogue(world, KEY).find_by_arn(found.arn) if found is not None and not found.doubt else None
    if found is None or key is None or key.address.mode == "data":
        return
    message = f"{cluster.address} encrypts the storage of tasks on Fargate with {key.address}"
    address = str(key.address)
    if is_disabled(key):
        advice = f"enable {address}, or name another key for the storage"
        message = f"{message}, which is disabled"
        yield Misconfiguration(
            message, Severity.ERROR, None, found.arn, address=address, argument="is_enabled", advice=advice
        )
    elif missing := _missing_actions(found.arn, cluster, world):
        message = f"{message}, whose policy does not allow {_SERVICE} {join_names(missing)}"
        yield Misconfiguration(message, Severity.ERROR, None, found.arn, address=address, argument="policy")


def _missing_actions(arn: TextLike, cluster: WorldObject, world: World) -> list[str]:
    """Return the actions that the policy of a key definitely does not allow Fargate; none if it cannot be read."""
    side = world.once(ResourcePolicies).of(arn, "kms")
    if not side.in_plan or side.hidden or side.possible_policies:
        return []
    policy, context = side.policy, _context(cluster)
    if policy is None:  # the default one names only the account
        return list(_ACTIONS)
    decided = ((each, decide_service(policy, _SERVICE, each, context, on=arn)) for each in _ACTIONS)
    return [action for action, decision in decided if isinstance(decision, Denied)]


def _context(cluster: WorldObject) -> Context:
    around, name = cluster.surroundings, cluster.attribute("name")
    shown: dict[str, Value] = {"clusterAccount": around.account, "clusterName": name}
    called = service_context(source_account=around.account, source_arn=Unknown(), region=around.region)
    return called.extend(dict.fromkeys(_UNDOCUMENTED, PresenceUnknown())).extend(
        {f"kms:EncryptionContext:aws:ecs:{each}": value for each, value in shown.items()}
    )


CHECK = Check("storage-key", "keys of Fargate's storage", __doc__, _search)
