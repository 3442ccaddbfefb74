variable "n" { default = ["a"] }
locals { up = { for k in var.n : upper(k) => "${k}-%{ if k == "a" }x%{ endif }" } }
resource "aws_s3_bucket" "b" {
  for_each = local.up
  bucket   = each.value
  dynamic "logging" {
    for_each = [1]
    content { target_bucket = jsonencode({ a = cidrsubnet("10.0.0.0/8", 8, 1) }) }
  }
}
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b["A"].id
  policy = <<-EOT
    { "Statement": [{ "Resource": "${aws_s3_bucket.b["A"].arn}" }] }
  EOT
}
