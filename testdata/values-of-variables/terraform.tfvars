jobs = {
  platform_version = "1.2.0"
  desired_count    = 1
}
