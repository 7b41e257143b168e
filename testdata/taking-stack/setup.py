import json

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
}
GRANT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetBucketLocation"], "Resource": "*"}],
}
ROLES = ("detached", "narrowed", "kept", "inline", "listed", "owned", "overlooked", "remains", "leaving", "renamed")
ATTACHED = {"listed": "files", "owned": "team", "overlooked": "files", "remains": "files", "leaving": "files"}


def setup(session):
    """Make what `lending-stack` made, except what this stack attaches as well."""
    iam = session.client("iam")
    for name in ROLES:
        iam.create_role(RoleName=f"lent-{name}", AssumeRolePolicyDocument=json.dumps(TRUST))
    arns = {}
    for name in ("files", "shared", "team"):
        made = iam.create_policy(PolicyName=f"lent-{name}", PolicyDocument=json.dumps(GRANT))
        arns[name] = made["Policy"]["Arn"]
    for role, policy in ATTACHED.items():
        iam.attach_role_policy(RoleName=f"lent-{role}", PolicyArn=arns[policy])
    iam.put_role_policy(RoleName="lent-overlooked", PolicyName="files", PolicyDocument=json.dumps(GRANT))
