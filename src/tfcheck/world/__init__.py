"""The resources as they are before the change, after it, and in other stacks."""
