"""Edits of the user's files, their diff, and how they are written to disk."""
