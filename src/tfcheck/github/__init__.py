"""How does a report get onto a pull request? The only part of tfcheck that talks to anybody."""
