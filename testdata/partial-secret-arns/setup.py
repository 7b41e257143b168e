"""Make the secret that the configuration looks up."""


def setup(session):
    session.client("secretsmanager").create_secret(Name="shop/shared", SecretString="x")
