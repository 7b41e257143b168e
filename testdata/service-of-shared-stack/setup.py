"""What exists before the plan: the role of the shared stack that gets a policy here."""
import json

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
}


def setup(session):
    session.client("iam").create_role(RoleName="acme-extended", AssumeRolePolicyDocument=json.dumps(TRUST))
