"""Where each part of a policy, or of another value, is in the sources."""
