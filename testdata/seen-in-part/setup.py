import json

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
}
COMPANY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def setup(session):
    """Make the roles of other stacks, and the company's policy."""
    iam = session.client("iam")
    for name in ("shared-execution", "named-execution"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.create_policy(PolicyName="company", PolicyDocument=json.dumps(COMPANY))
