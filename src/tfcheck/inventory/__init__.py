"""Find the resource that an ARN, a name or an id means, and what is set on it."""
