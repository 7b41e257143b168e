"""What exists before the plan: the roles that the configuration looks up, or names."""
import json

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
}


def setup(session):
    for name in ("looked-up", "named"):
        session.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
