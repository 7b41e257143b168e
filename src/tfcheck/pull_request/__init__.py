"""The pull request of GitHub and the merge request of GitLab: the only room that uses the network."""
