"""What a module is passed by its callers."""
