"""The other account has a role of the same name and an image repository of the same name."""
import json
import boto3

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
}


def setup(session):
    given = session.client("sts").assume_role(RoleArn="arn:aws:iam::210987654321:role/deploy", RoleSessionName="setup")["Credentials"]
    other = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name="ap-northeast-1")
    other.client("iam").create_role(RoleName="acme-orders", AssumeRolePolicyDocument=json.dumps(TRUST))
    session.client("ecr", region_name="us-east-1").create_repository(repositoryName="acme/orders")
