"""The pull request on GitHub, GitLab and Bitbucket: the only room that uses the network."""
