"""The words that every room shares: addresses, ARNs, findings, errors, the CI job."""
