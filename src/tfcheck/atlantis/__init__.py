"""Atlantis: a step after every plan, a hook after every command, and a policy check."""
