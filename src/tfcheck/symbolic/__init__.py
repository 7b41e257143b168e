"""Values that are known only in part, and what is certain about them."""
