"""The resources before the change, after it and in other stacks, found by ARN, name or id."""
