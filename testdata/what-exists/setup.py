"""Make what other stacks made: a log group and a secret."""


def setup(session):
    session.client("logs").create_log_group(logGroupName="/exists/found")
    session.client("secretsmanager").create_secret(Name="exists/found", SecretString="x")
