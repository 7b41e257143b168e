services = {
  api = {
    files = [{ key = "/api/prod.env" }, { key = "shared/flags.env", bucket = "acme-shared" }]
    read  = ["api", "common"]
  }
  batch = {
    files = [{ key = "batch/prod.env" }]
  }
  proxy = {}
}
