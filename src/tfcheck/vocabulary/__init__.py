"""The vocabulary of all packages: addresses, ARNs, findings, errors, the CI job."""
