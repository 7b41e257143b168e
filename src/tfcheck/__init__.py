"""tfcheck: will every ECS task of a Terraform plan be able to start?"""

__version__ = "0.1.0"
