"""The resources before the change, after it and in other stacks: which of them an ARN, a name or an id means."""
