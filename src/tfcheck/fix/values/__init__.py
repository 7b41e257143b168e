"""How a module writes a value: by references, as its texts do, for every instance."""
