# Lists of every kind are decoded from a parameter that is read during the apply, so that even the number of their
# elements is known only then. Each service has a role of its own, and one list that decides what the role can do.
locals {
  assume = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs-tasks.amazonaws.com" } }]
  })
  files = "arn:aws:s3:::acme-open-collections"
  later = jsondecode(data.aws_ssm_parameter.lists.insecure_value)
  services = toset([
    "actions", "attached", "claimed", "conditions", "denied", "documents", "inline", "listed", "managed", "named",
    "narrowed", "principals", "removed", "resources", "statements",
  ])
}

resource "aws_ssm_parameter" "lists" {
  name = "/open-collections/lists"
  type = "String"
  value = jsonencode({
    roles      = ["open-attached"]
    others     = ["open-nobody"]
    policies   = [aws_iam_policy.files.arn]
    none       = []
    names      = ["kept"]
    actions    = ["s3:GetObject", "s3:GetBucketLocation"]
    resources  = [local.files, "${local.files}/*"]
    regions    = [1, 2]
    accounts   = ["123456789012"]
    denied     = [{ actions = ["s3:GetObject"], resources = ["*"] }]
    statements = [{ actions = ["s3:*"], resources = ["*"] }]
    documents  = [aws_iam_policy.files.policy]
  })
}

data "aws_ssm_parameter" "lists" {
  name       = aws_ssm_parameter.lists.name
  depends_on = [aws_ssm_parameter.lists]
}

resource "aws_iam_policy" "files" {
  name = "open-files"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:GetObject", "s3:GetBucketLocation"], Resource = ["${local.files}", "${local.files}/*"] }]
  })
}

resource "aws_iam_policy" "same" {
  for_each = toset(["attached", "claimed"])
  name     = "open-${each.key}"
  policy   = aws_iam_policy.files.policy
}

resource "aws_iam_role" "execution" {
  for_each           = setsubtract(local.services, ["inline", "managed"])
  name               = "open-${each.key}"
  assume_role_policy = local.assume
}

resource "aws_iam_role" "nobody" {
  name               = "open-nobody"
  assume_role_policy = local.assume
}

# One list of roles may hold this one, the other may leave it out.
resource "aws_iam_policy_attachment" "attached" {
  name       = "open-attached"
  policy_arn = aws_iam_policy.same["attached"].arn
  roles      = local.later.roles
  depends_on = [aws_iam_role.execution]
}

resource "aws_iam_role_policy_attachment" "claimed" {
  role       = aws_iam_role.execution["claimed"].name
  policy_arn = aws_iam_policy.same["claimed"].arn
}

resource "aws_iam_policy_attachment" "claimed" {
  name       = "open-claimed"
  policy_arn = aws_iam_policy.same["claimed"].arn
  roles      = concat(local.later.others, [aws_iam_role.execution["claimed"].name])
  depends_on = [aws_iam_role.nobody]
}

# Lists of policies that are exclusive: one attaches what it lists, the others remove what they do not list.
resource "aws_iam_role_policy_attachments_exclusive" "listed" {
  role_name   = aws_iam_role.execution["listed"].name
  policy_arns = local.later.policies
}

resource "aws_iam_role_policy_attachment" "removed" {
  role       = aws_iam_role.execution["removed"].name
  policy_arn = aws_iam_policy.files.arn
}

resource "aws_iam_role_policy_attachments_exclusive" "removed" {
  role_name   = aws_iam_role.execution["removed"].name
  policy_arns = local.later.policies
}

resource "aws_iam_role_policy" "named" {
  name   = "kept"
  role   = aws_iam_role.execution["named"].id
  policy = aws_iam_policy.files.policy
}

resource "aws_iam_role_policies_exclusive" "named" {
  role_name    = aws_iam_role.execution["named"].name
  policy_names = local.later.names
  depends_on   = [aws_iam_role_policy.named]
}

# The role's own lists.
resource "aws_iam_role" "managed" {
  name                = "open-managed"
  assume_role_policy  = local.assume
  managed_policy_arns = local.later.policies
}

resource "aws_iam_role" "inline" {
  name               = "open-inline"
  assume_role_policy = local.assume

  dynamic "inline_policy" {
    for_each = local.later.names
    content {
      name   = inline_policy.value
      policy = aws_iam_policy.files.policy
    }
  }
}

# Lists inside documents.
data "aws_iam_policy_document" "this" {
  for_each                = toset(["denied", "documents", "narrowed", "statements"])
  source_policy_documents = each.key == "documents" ? local.later.documents : []

  dynamic "statement" {
    for_each = each.key == "denied" || each.key == "narrowed" ? [1] : []
    content {
      sid       = "Files"
      actions   = ["s3:GetObject", "s3:GetBucketLocation"]
      resources = [local.files, "${local.files}/*"]

      dynamic "condition" {
        for_each = each.key == "narrowed" ? local.later.regions : []
        content {
          test     = "NumericLessThan"
          variable = "s3:TlsVersion"
          values   = [condition.value]
        }
      }
    }
  }

  dynamic "statement" {
    for_each = each.key == "statements" ? local.later.statements : []
    content {
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }

  dynamic "statement" {
    for_each = each.key == "denied" ? local.later.denied : []
    content {
      effect    = "Deny"
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }
}

locals {
  written = {
    actions   = { Effect = "Allow", Action = local.later.actions, Resource = "*" }
    resources = { Effect = "Allow", Action = "s3:*", Resource = local.later.resources }
    conditions = {
      Effect = "Allow", Action = "s3:*", Resource = "*"
      Condition = { StringEquals = { "aws:PrincipalAccount" = local.later.accounts } }
    }
  }
}

resource "aws_iam_role_policy" "document" {
  for_each = toset(["denied", "documents", "narrowed", "statements"])
  name     = "read"
  role     = aws_iam_role.execution[each.key].id
  policy   = data.aws_iam_policy_document.this[each.key].json
}

resource "aws_iam_role_policy" "written" {
  for_each = local.written
  name     = "read"
  role     = aws_iam_role.execution[each.key].id
  policy   = jsonencode({ Version = "2012-10-17", Statement = [each.value] })
}

# A bucket whose policy lets in a list of accounts.
resource "aws_s3_bucket" "shared" {
  bucket = "acme-open-principals"
}

data "aws_iam_policy_document" "shared" {
  statement {
    actions   = ["s3:GetObject", "s3:GetBucketLocation"]
    resources = [aws_s3_bucket.shared.arn, "${aws_s3_bucket.shared.arn}/*"]
    principals {
      type        = "AWS"
      identifiers = [for name in local.later.names : aws_iam_role.execution["principals"].arn]
    }
  }
}

resource "aws_s3_bucket_policy" "shared" {
  bucket = aws_s3_bucket.shared.id
  policy = data.aws_iam_policy_document.shared.json
}

locals {
  own = { managed = aws_iam_role.managed.arn, inline = aws_iam_role.inline.arn }
}

resource "aws_ecs_task_definition" "service" {
  for_each           = local.services
  family             = "open-${each.key}"
  execution_role_arn = lookup(local.own, each.key, try(aws_iam_role.execution[each.key].arn, null))

  container_definitions = jsonencode([{
    name             = each.key
    image            = "public.ecr.aws/docker/library/nginx:1.27"
    memory           = 256
    environmentFiles = [{ type = "s3", value = "${each.key == "principals" ? aws_s3_bucket.shared.arn : local.files}/app.env" }]
  }])
}
