# A topic that feeds a queue, both encrypted with a customer managed key, with a queue for what cannot be handled. Set key_arn.
variable "name" {
  type    = string
  default = "orders"
}

variable "key_arn" {
  type    = string
  default = "alias/app"
}

variable "owner" {
  type    = string
  default = "platform"
}

resource "aws_sns_topic" "this" {
  name              = var.name
  kms_master_key_id = var.key_arn
  tags              = { Owner = var.owner }
}

resource "aws_sqs_queue" "unhandled" {
  name                      = "${var.name}-unhandled"
  kms_master_key_id         = var.key_arn
  message_retention_seconds = 1209600
  tags                      = { Owner = var.owner }
}

resource "aws_sqs_queue" "this" {
  name              = var.name
  kms_master_key_id = var.key_arn
  redrive_policy    = jsonencode({ deadLetterTargetArn = aws_sqs_queue.unhandled.arn, maxReceiveCount = 5 })
  tags              = { Owner = var.owner }
}

resource "aws_sqs_queue_policy" "this" {
  queue_url = aws_sqs_queue.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TopicSends"
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.this.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_sns_topic.this.arn } }
    }]
  })
}

resource "aws_sns_topic_subscription" "this" {
  topic_arn            = aws_sns_topic.this.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.this.arn
  raw_message_delivery = true
}
