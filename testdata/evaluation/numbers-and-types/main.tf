# Numbers, conversions and collections whose order matters.
variable "sizes" {
  type    = map(number)
  default = { small = 1, large = 2.5, huge = "10" }
}

resource "aws_s3_bucket" "config" {
  bucket = "acme-numbers-config"
}

locals {
  total  = sum(values(var.sizes))
  ids    = toset([3, "1", 2])
  sorted = sort(["b", "a", "C", "ä"])
  chunks = chunklist(["a", "b", "c"], 2)
  lookup = { for i, name in local.sorted : name => i }
  nested = tomap({ a = { x = 1 }, b = { x = 2 } })
}

resource "aws_ssm_parameter" "numbers" {
  name = "/numbers/all"
  type = "String"
  value = jsonencode({
    arithmetic = [1 + "2", 7 / 2, 7 % 3, -2 * 3, 0.1 + 0.2, 1e3, 10 - 0.5]
    texts      = ["${1.0}", "${1.50}", "${true}", tostring(1000000)]
    rounded    = [ceil(1.2), floor(-1.2), abs(-3), max(1, 3, 2), min(local.total, 5), pow(2, 10), parseint("ff", 16), signum(-4)]
    converted  = [tonumber("3.0"), tobool("true"), tolist(local.ids)]
    sets       = [setunion(["a"], ["b", "a"]), setintersection(["a", "b"], ["b"]), setsubtract(["a", "b"], ["b"])]
    lists      = [local.sorted, local.chunks, distinct(["x", "y", "x"]), compact(["", "z", null]), range(1, 10, 4), reverse([1, 2])]
    maps       = [local.lookup, keys(var.sizes), values(local.nested)[*].x, transpose({ a = ["1", "2"], b = ["2"] })]
    checks     = [alltrue([true, "true"]), anytrue([]), contains([1, 2], 2), index(["a", "b"], "b"), length("été"), element(["a", "b"], 3)]
    arns       = { for name, size in var.sizes : name => "${aws_s3_bucket.config.arn}/${name}/${size}" }
  })
}
