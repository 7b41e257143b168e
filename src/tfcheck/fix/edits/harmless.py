"""Decide which lines around a change a diff may show.

A diff is printed into logs and comments, and any line of a configuration can contain a password. A line is shown only
if it consists of the policy language, names of resources, references and ARNs; comments and other texts are not.
"""

from __future__ import annotations

from tfcheck.symbolic.regex import regex

_KEYS = (
    "Version|Statement|Sid|Effect|Action|NotAction|Resource|NotResource|Principal|NotPrincipal|Condition|AWS|Service|"
    "Federated|Id|sid|effect|actions|not_actions|resources|not_resources|principals|not_principals|condition|type|"
    "identifiers|policy|inline_policy|policy_arn|policy_names|role|role_name|name|name_prefix|version|for_each|count|"
    "content|statement|assume_role_policy|provider|depends_on|execution_role_arn|resource|data|"
    "valueFrom|environmentFiles|secrets|platform_version|family|network_mode|requires_compatibilities|task_role_arn|"
    "container_definitions|cluster|task_definition|launch_type|cpu|memory|desired_count|tags|"
    r"awslogs-group|awslogs-region|awslogs-stream-prefix|options|logDriver|logConfiguration|"
    r"log_group(?:_name)?|(?:[a-z_]{1,60}_)?(?:arns?|statements)"
)
_SERVICES = (
    "s3|kms|ssm|secretsmanager|ecr|ecr-public|logs|sts|iam|ec2|ecs|elasticfilesystem|s3files|fsx|ds|cloudwatch|xray|sqs|sns|"
    "dynamodb|lambda|events|ssmmessages|ec2messages|autoscaling|elasticloadbalancing|servicediscovery|appmesh|acm-pca"
)
_INDEX = r"(?:\[(?:\d{1,4}|\*|(?:each|count)\.\w+|\"[\w./@-]{0,128}\")\])"
_HEAD = r"(?:data\.)?aws_\w+|var|local|module|each|count|path|aws|statement"
_REFERENCE = rf"(?:{_HEAD})(?:\.[A-Za-z_][\w-]*|{_INDEX})+"
#: A reference, or a variable of a template.
_HOLE = rf"\$\{{\s*(?:{_REFERENCE}|[a-z_]\w*)\s*\}}"
_SAFE_TEXT = (
    rf"(?:arn:|{_HOLE})(?:{_HOLE}|[\w:/*?.+=@~%-])*",  # an ARN, or a beginning with a reference
    rf"(?:{_SERVICES}):[A-Za-z*?]{{1,60}}",  # an action
    r"[a-z0-9.-]{1,60}\.amazonaws\.com(?:\.cn)?",
    r"s3://[a-z0-9][\w./-]{0,128}|S3|s3|[0-9]{1,2}(?:\.[0-9]{1,2}){2}|LATEST",
    rf"s3://{_HOLE}/(?:{_HOLE}|[\w./-]){{0,128}}",
    r"awsvpc|bridge|host|FARGATE|EC2|EXTERNAL|awslogs",
    r"\*|Allow|Deny|AWS|Service|2012-10-17|2008-10-17|aws_[a-z0-9_]{1,60}",
)
_TEXT = rf'"(?:{"|".join(_SAFE_TEXT)})"'
#: Names are shown in every report anyway.
_NAMED = r'"?(?:Sid|sid|name|name_prefix|role|family)"?\s*[=:]\s*"[\w+=,.@/-]{0,128}"'
#: A module's directory, or its address in a registry: the URL of a repository may contain credentials.
_SOURCE = r'(?<![\w."-])"?source"?\s*[=:]\s*"[\w./-]{0,128}"'
_LOGGED = rf'(?<![\w."-])"?awslogs-(?:group|region|stream-prefix)"?\s*[=:]\s*"(?:{_HOLE}|[\w./#-]{{1,128}})*"'
_SIZED = r'(?<![\w."-])"?(?:cpu|memory|desired_count|count)"?\s*[=:]\s*"?\d{1,6}"?'
#: Credentials in other places.
_ADDRESSED = r'(?<![\w.-])"?value"?(?=\s*[=:]\s*"(?:arn:|s3://|\$\{))'
#: Functions that combine lists, maps or policies.
_CALLED = "jsonencode|concat|merge|flatten|compact|distinct|toset|tolist|try|lookup|values|keys|one|format|formatlist"
_HEADER = r'(?:resource|data|module|dynamic)\s+"[\w-]{1,128}"(?:\s+"[\w-]{1,128}")?\s*\{'
_JSON_LABEL = r'^\s*"[A-Za-z_][\w-]{0,127}"\s*:\s*[\[{]'
_HEREDOC = r"<<-?(?:EOF|EOT|EOP|END|POLICY|JSON|IAM)\s*$|^\s*(?:EOF|EOT|EOP|END|POLICY|JSON|IAM)\s*$"
_LINE = regex(
    "|".join(
        (
            r"\s+",
            _HEADER,
            _JSON_LABEL,
            _HEREDOC,
            _NAMED,
            _SOURCE,
            _SIZED,
            _LOGGED,
            _ADDRESSED,
            rf'"(?:{_KEYS})"(?=\s*[=:])|(?<![\w."-])(?:{_KEYS})(?=\s*(?:[=:{{]))',
            _TEXT,
            rf"(?<![\w.]){_REFERENCE}(?![\w(])",
            rf"(?:{_CALLED})\(",
            r"[\[\]{}(),=:]",
        )
    )
)
_PUNCTUATION = regex(r"[\s\[\]{}(),]*")
#: Longer lines are not checked.
_LONGEST = 4_000


def harmless(line: str) -> bool:
    """Whether a line of a policy's block contains only policy language, names, references and ARNs."""
    line = line.rstrip("\r\n")
    position = 0
    while position < len(line) <= _LONGEST:
        found = _LINE.match(line, position)
        if found is None or not found[0]:
            return False
        position = found.end()
    return len(line) <= _LONGEST


def empty(line: str) -> bool:
    """Whether a line contains only brackets and commas."""
    return _PUNCTUATION.fullmatch(line) is not None
