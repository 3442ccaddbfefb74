# A customer managed key that rotates, for one service of the account. Set alias; give use of the key by IAM policies.
variable "alias" {
  type    = string
  default = "alias/app"
}

variable "owner" {
  type    = string
  default = "platform"
}

data "aws_caller_identity" "here" {}
data "aws_partition" "here" {}

resource "aws_kms_key" "this" {
  description             = "data of ${var.alias}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "IAMDecides"
      Effect    = "Allow"
      Principal = { AWS = "arn:${data.aws_partition.here.partition}:iam::${data.aws_caller_identity.here.account_id}:root" }
      Action    = "kms:*"
      Resource  = "*"
    }]
  })
  tags = { Owner = var.owner }
}

resource "aws_kms_alias" "this" {
  name          = var.alias
  target_key_id = aws_kms_key.this.key_id
}

output "key_arn" {
  value = aws_kms_key.this.arn
}
