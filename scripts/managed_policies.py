"""Write the AWS managed policies that come with tfcheck, from the data of an installed moto.

    python scripts/managed_policies.py

moto (Apache-2.0) keeps a copy of the policies that AWS publishes; only the documents listed here are taken, with their
version. A policy that is not listed, or a list that moto does not know, ends with an error.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path

DATA = Path(__file__).resolve().parents[1] / "src/tfcheck/iam/data"

#: What is attached to the roles of ECS tasks, and what people expect to be enough for them.
NAMES = (
    "AdministratorAccess",
    "AmazonAthenaFullAccess",
    "AmazonBedrockFullAccess",
    "AmazonBedrockLimitedAccess",
    "AmazonBedrockMantleInferenceAccess",
    "AmazonBedrockReadOnly",
    "AmazonCognitoPowerUser",
    "AmazonDocDBFullAccess",
    "AmazonDynamoDBFullAccess",
    "AmazonDynamoDBReadOnlyAccess",
    "AmazonEC2ContainerRegistryFullAccess",
    "AmazonEC2ContainerRegistryPowerUser",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonEC2ContainerServiceAutoscaleRole",
    "AmazonEC2ContainerServiceEventsRole",
    "AmazonEC2ContainerServiceforEC2Role",
    "AmazonEC2ContainerServiceRole",
    "AmazonEC2FullAccess",
    "AmazonEC2ReadOnlyAccess",
    "AmazonEC2RoleforSSM",
    "AmazonECS_FullAccess",
    "AmazonECSTaskExecutionRolePolicy",
    "AmazonElastiCacheFullAccess",
    "AmazonElasticContainerRegistryPublicReadOnly",
    "AmazonElasticFileSystemClientFullAccess",
    "AmazonElasticFileSystemClientReadOnlyAccess",
    "AmazonElasticFileSystemClientReadWriteAccess",
    "AmazonElasticFileSystemFullAccess",
    "AmazonElasticFileSystemReadOnlyAccess",
    "AmazonEventBridgeFullAccess",
    "AmazonKinesisFirehoseFullAccess",
    "AmazonKinesisFullAccess",
    "AmazonKinesisReadOnlyAccess",
    "AmazonMQFullAccess",
    "AmazonMSKFullAccess",
    "AmazonOpenSearchServiceFullAccess",
    "AmazonPollyFullAccess",
    "AmazonPrometheusRemoteWriteAccess",
    "AmazonRDSDataFullAccess",
    "AmazonRDSFullAccess",
    "AmazonRDSReadOnlyAccess",
    "AmazonRekognitionFullAccess",
    "AmazonRoute53FullAccess",
    "AmazonS3FilesClientFullAccess",
    "AmazonS3FilesClientReadOnlyAccess",
    "AmazonS3FilesClientReadWriteAccess",
    "AmazonS3FullAccess",
    "AmazonS3ReadOnlyAccess",
    "AmazonSESFullAccess",
    "AmazonSNSFullAccess",
    "AmazonSNSReadOnlyAccess",
    "AmazonSQSFullAccess",
    "AmazonSQSReadOnlyAccess",
    "AmazonSSMFullAccess",
    "AmazonSSMManagedInstanceCore",
    "AmazonSSMReadOnlyAccess",
    "AmazonTextractFullAccess",
    "AmazonTimestreamFullAccess",
    "AmazonTranscribeFullAccess",
    "AutoScalingFullAccess",
    "AWSAppMeshEnvoyAccess",
    "AWSBatchFullAccess",
    "AWSCloudFormationFullAccess",
    "AWSCloudMapDiscoverInstanceAccess",
    "AWSCloudMapFullAccess",
    "AWSCodeDeployRoleForECS",
    "AWSKeyManagementServicePowerUser",
    "AWSLambda_FullAccess",
    "AWSLambda_ReadOnlyAccess",
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSMarketplaceMeteringFullAccess",
    "AWSSecretsManagerClientReadOnlyAccess",
    "AWSStepFunctionsFullAccess",
    "AWSXRayDaemonWriteAccess",
    "AWSXrayFullAccess",
    "AWSXrayReadOnlyAccess",
    "AWSXrayWriteOnlyAccess",
    "CloudFrontFullAccess",
    "CloudWatchAgentServerPolicy",
    "CloudWatchEventsFullAccess",
    "CloudWatchFullAccess",
    "CloudWatchFullAccessV2",
    "CloudWatchLogsFullAccess",
    "CloudWatchReadOnlyAccess",
    "ComprehendFullAccess",
    "ElasticLoadBalancingFullAccess",
    "IAMFullAccess",
    "IAMReadOnlyAccess",
    "PowerUserAccess",
    "ReadOnlyAccess",
    "SecretsManagerReadWrite",
    "TranslateFullAccess",
)

NOTICE = """managed_policies.json holds AWS managed policies as published by Amazon Web Services, Inc.

They were taken, unchanged except spacing, from moto {version} (moto/iam/aws_managed_policies.py),
https://github.com/getmoto/moto, Copyright the authors of moto,
licensed under the Apache License, Version 2.0 (https://www.apache.org/licenses/LICENSE-2.0).

`python scripts/managed_policies.py` makes the file again.
"""


def main() -> None:
    """Write the policies and the notice."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    known = json.loads(aws_managed_policies_data)
    missing = [name for name in NAMES if name not in known]
    if missing:
        sys.exit(f"moto does not know {', '.join(missing)}")
    lines = []
    for name in NAMES:
        policy = known[name]
        entry = {"version": policy["DefaultVersionId"], "document": policy["Document"]}
        lines.append(f"{json.dumps(policy['Path'][1:] + name)}: {json.dumps(entry, separators=(',', ':'))}")
    DATA.mkdir(exist_ok=True)
    (DATA / "managed_policies.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    (DATA / "NOTICE").write_text(NOTICE.format(version=version("moto")), encoding="utf-8")


if __name__ == "__main__":
    main()
