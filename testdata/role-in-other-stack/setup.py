"""What exists before the plan: the roles of the platform's stack, as far as a data source or an attachment needs them."""
import json

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
}


def setup(session):
    iam = session.client("iam")
    for name in ("acme-execution", "acme-jobs"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
