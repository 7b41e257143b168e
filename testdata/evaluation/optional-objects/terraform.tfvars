services = {
  web = {
    files  = ["web.env", "common.env"]
    limits = { memory = 512 }
    unused = "dropped by the type"
  }
  batch = {
    bucket = "batch"
    files  = ["jobs.env"]
    public = "true"
  }
}
