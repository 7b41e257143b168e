[
  {
    "name": "${name}",
    "image": "${image}:latest",
    "essential": "true",
    "portMappings": [{ "containerPort": "${port}" }],
    "environmentFiles": [
%{ for i, f in files ~}
      { "type": "s3", "value": "arn:aws:s3:::${bucket}/${f}.env" }%{ if i < length(files) - 1 },%{ endif }
%{ endfor ~}
    ],
    "logConfiguration": {
      "logDriver": "awslogs",
      "options": { "awslogs-group": "${group}", "awslogs-region": "${region}", "awslogs-stream-prefix": "${name}" }
    }
  }
]
