"""A parameter with a label, and a secret."""


def setup(session):
    ssm = session.client("ssm")
    ssm.put_parameter(Name="/shop/mode", Value="x", Type="String")
    ssm.label_parameter_version(Name="/shop/mode", Labels=["live"])
    session.client("secretsmanager").create_secret(Name="shop/db", SecretString="x")
