"""Partly known values, and what is certain about them."""
