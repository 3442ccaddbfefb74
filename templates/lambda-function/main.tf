# A function in a VPC that is traced and whose failures are kept. Set the subnets, the security group and the code.
variable "function_name" {
  type    = string
  default = "orders"
}

variable "code" {
  type    = string
  default = "function.zip"
}

variable "subnet_ids" {
  type    = list(string)
  default = ["subnet-1", "subnet-2"]
}

variable "security_group_id" {
  type    = string
  default = "sg-00000000"
}

variable "key_arn" {
  type    = string
  default = "alias/app"
}

variable "owner" {
  type    = string
  default = "platform"
}

data "aws_partition" "here" {}

resource "aws_iam_role" "this" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
  tags = { Owner = var.owner }
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each   = toset(["service-role/AWSLambdaVPCAccessExecutionRole", "AWSXRayDaemonWriteAccess"])
  role       = aws_iam_role.this.name
  policy_arn = "arn:${data.aws_partition.here.partition}:iam::aws:policy/${each.key}"
}

resource "aws_iam_role_policy" "failures" {
  name = "failures"
  role = aws_iam_role.this.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.failures.arn }]
  })
}

resource "aws_sqs_queue" "failures" {
  name                      = "${var.function_name}-failures"
  kms_master_key_id         = var.key_arn
  message_retention_seconds = 1209600
  tags                      = { Owner = var.owner }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = 400
  tags              = { Owner = var.owner }
}

# sekisho:skip=Lambda.5 until=2030-12-31 reason="the subnets are given, one in each of two Availability Zones"
resource "aws_lambda_function" "this" {
  function_name = var.function_name
  runtime       = "python3.13"
  handler       = "index.handler"
  filename      = var.code
  role          = aws_iam_role.this.arn
  tags          = { Owner = var.owner }
  depends_on    = [aws_cloudwatch_log_group.this]

  tracing_config {
    mode = "Active"
  }

  dead_letter_config {
    target_arn = aws_sqs_queue.failures.arn
  }

  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = [var.security_group_id]
  }
}
