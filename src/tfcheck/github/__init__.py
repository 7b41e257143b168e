"""The pull request: the only part of tfcheck that uses the network."""
