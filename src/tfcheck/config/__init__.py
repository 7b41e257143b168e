"""Read the configuration file of a checkout: its keys, its place, and its values."""
