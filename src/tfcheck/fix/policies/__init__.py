"""The policies that grant to roles: which roles each is for, its text, and what is added to it."""
