terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = "ap-northeast-1"
}

# Everything that the tasks need is handed over to another stack: nothing of it goes.
removed {
  from = aws_iam_policy.boundary

  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_iam_role.execution

  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_iam_role_policy.start

  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_iam_role_policy_attachment.logs

  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_s3_bucket.files

  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_s3_bucket_policy.files

  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_s3_object.file

  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_cloudwatch_log_group.web

  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_ecr_repository.web

  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_ecr_repository_policy.web

  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_kms_key.secrets

  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_kms_key_policy.secrets

  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_secretsmanager_secret.secret

  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_secretsmanager_secret_version.secret

  lifecycle {
    destroy = false
  }
}

removed {
  from = aws_secretsmanager_secret_policy.secret

  lifecycle {
    destroy = false
  }
}

data "aws_secretsmanager_secret" "secret" {
  for_each = toset(["open", "closed"])
  name     = each.key
}

resource "aws_ecs_task_definition" "web" {
  family                   = "web"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = "arn:aws:iam::123456789012:role/web"

  container_definitions = jsonencode([for name in ["open", "secret"] : {
    name             = name
    image            = "123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/web:1"
    environmentFiles = [{ type = "s3", value = "arn:aws:s3:::forgotten-files/${name}/web.env" }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = "/ecs/web"
        awslogs-region        = "ap-northeast-1"
        awslogs-stream-prefix = name
      }
    }
  }])
}

resource "aws_ecs_task_definition" "jobs" {
  family                   = "jobs"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = "arn:aws:iam::123456789012:role/jobs"

  container_definitions = jsonencode([for name in ["open", "closed"] : {
    name    = name
    image   = "nginx:1.27"
    secrets = [{ name = "SECRET", valueFrom = data.aws_secretsmanager_secret.secret[name].arn }]
  }])
}
