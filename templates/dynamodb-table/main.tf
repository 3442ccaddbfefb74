# A table that scales by itself, restores to any second and cannot be deleted by accident. Set table_name and the key.
variable "table_name" {
  type    = string
  default = "orders"
}

variable "key_name" {
  type    = string
  default = "id"
}

variable "owner" {
  type    = string
  default = "platform"
}

resource "aws_dynamodb_table" "this" {
  name                        = var.table_name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = var.key_name
  deletion_protection_enabled = true
  tags                        = { Owner = var.owner }

  attribute {
    name = var.key_name
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }
}
