import json


def setup(session):
    """Make the role of another stack."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
        ],
    }
    session.client("iam").create_role(RoleName="of-another-stack", AssumeRolePolicyDocument=json.dumps(trust))
