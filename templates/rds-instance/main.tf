# A MySQL database in two Availability Zones that is encrypted, backed up, watched and not reachable from outside. Set the subnets and
# the security group; the password is made and kept by RDS.
variable "identifier" {
  type    = string
  default = "orders"
}

variable "subnet_ids" {
  type    = list(string)
  default = ["subnet-1", "subnet-2"]
}

variable "security_group_id" {
  type    = string
  default = "sg-00000000"
}

variable "owner" {
  type    = string
  default = "platform"
}

data "aws_partition" "here" {}

resource "aws_db_subnet_group" "this" {
  name       = var.identifier
  subnet_ids = var.subnet_ids
  tags       = { Owner = var.owner }
}

resource "aws_iam_role" "monitoring" {
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "monitoring.rds.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
  tags = { Owner = var.owner }
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.monitoring.name
  policy_arn = "arn:${data.aws_partition.here.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

resource "aws_db_parameter_group" "this" {
  name   = var.identifier
  family = "mysql8.4"
  tags   = { Owner = var.owner }

  parameter {
    name  = "require_secure_transport"
    value = "1"
  }
}

resource "aws_db_instance" "this" {
  identifier                          = var.identifier
  engine                              = "mysql"
  engine_version                      = "8.4"
  instance_class                      = "db.t4g.medium"
  allocated_storage                   = 50
  storage_encrypted                   = true
  multi_az                            = true
  port                                = 13306
  publicly_accessible                 = false
  db_subnet_group_name                = aws_db_subnet_group.this.name
  vpc_security_group_ids              = [var.security_group_id]
  parameter_group_name                = aws_db_parameter_group.this.name
  username                            = "keeper"
  manage_master_user_password         = true
  iam_database_authentication_enabled = true
  backup_retention_period             = 14
  copy_tags_to_snapshot               = true
  deletion_protection                 = true
  auto_minor_version_upgrade          = true
  monitoring_interval                 = 60
  monitoring_role_arn                 = aws_iam_role.monitoring.arn
  enabled_cloudwatch_logs_exports     = ["audit", "error", "general", "slowquery"]
  final_snapshot_identifier           = "${var.identifier}-last"
  tags                                = { Owner = var.owner }
}
