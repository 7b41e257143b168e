"""Read the configuration file of a checkout: which keys there are, where the file is, what it sets."""
