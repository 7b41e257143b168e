"""The pull request on GitHub, GitLab and Bitbucket: the only package that uses the network."""
