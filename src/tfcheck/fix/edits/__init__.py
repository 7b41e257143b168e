"""Splices into the user's files, their diff, and how they are written to disk."""
