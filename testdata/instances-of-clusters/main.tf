# Services of the launch type EC2: their tasks run on any instance in the cluster, which its user data names.

data "aws_caller_identity" "current" {}

resource "aws_iam_role" "instance" {
  for_each = toset(["complete", "bare"])

  name = "joined-${each.key}"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }]
  })
}

resource "aws_iam_role_policy_attachment" "complete" {
  role       = aws_iam_role.instance["complete"].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role"
}

resource "aws_iam_instance_profile" "instance" {
  for_each = aws_iam_role.instance

  name = each.value.name
  role = each.value.name
}

resource "aws_ecs_cluster" "main" {
  for_each = toset(["grouped", "single", "mixed", "empty"])

  name = each.key
}

# The instances of `grouped` come from a group, that of `single` by itself, and `mixed` has one of each kind.
resource "aws_launch_template" "instance" {
  for_each = toset(["grouped", "mixed"])

  name          = "joined-${each.key}"
  image_id      = "ami-12c6146b"
  instance_type = "t3.medium"
  user_data     = base64encode("#!/bin/bash\necho ECS_CLUSTER=${aws_ecs_cluster.main[each.key].name} >> /etc/ecs/ecs.config\n")

  iam_instance_profile {
    name = aws_iam_instance_profile.instance["complete"].name
  }
}

resource "aws_autoscaling_group" "instance" {
  for_each = aws_launch_template.instance

  name               = each.value.name
  availability_zones = ["ap-northeast-1a"]
  min_size           = 0
  max_size           = 1

  launch_template {
    id      = each.value.id
    version = "$Latest"
  }
}

resource "aws_instance" "single" {
  for_each = toset(["single", "mixed"])

  ami                  = "ami-12c6146b"
  instance_type        = "t3.medium"
  iam_instance_profile = aws_iam_instance_profile.instance["bare"].name
  user_data            = <<-SCRIPT
    #!/bin/bash
    cat >> /etc/ecs/ecs.config <<FILE
    ECS_CLUSTER="${aws_ecs_cluster.main[each.key].name}"
    ECS_ENABLE_TASK_IAM_ROLE=true
    FILE
  SCRIPT
}

# What does not join a cluster decides nothing.
resource "aws_instance" "bastion" {
  ami           = "ami-12c6146b"
  instance_type = "t3.micro"
  user_data     = "#!/bin/bash\nyum install -y nc\n"
}

resource "aws_ecs_task_definition" "app" {
  for_each = aws_ecs_cluster.main

  family                   = each.key
  network_mode             = "bridge"
  requires_compatibilities = ["EC2"]

  container_definitions = jsonencode([{
    name      = "app"
    image     = "${data.aws_caller_identity.current.account_id}.dkr.ecr.ap-northeast-1.amazonaws.com/app:1"
    memory    = 256
    essential = true
  }])
}

resource "aws_ecs_service" "app" {
  for_each = aws_ecs_cluster.main

  name            = each.key
  cluster         = each.value.id
  task_definition = aws_ecs_task_definition.app[each.key].arn
  launch_type     = "EC2"
}
