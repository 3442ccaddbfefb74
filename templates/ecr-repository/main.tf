# A repository whose images are scanned, never overwritten and cleaned up. Set repository_name.
variable "repository_name" {
  type    = string
  default = "app"
}

variable "owner" {
  type    = string
  default = "platform"
}

resource "aws_kms_key" "this" {
  description         = "images of ${var.repository_name}"
  enable_key_rotation = true
  tags                = { Owner = var.owner }
}

resource "aws_ecr_repository" "this" {
  name                 = var.repository_name
  image_tag_mutability = "IMMUTABLE"
  tags                 = { Owner = var.owner }

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = aws_kms_key.this.arn
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  repository = aws_ecr_repository.this.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "untagged images go after two weeks"
      selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 14 }
      action       = { type = "expire" }
    }]
  })
}
