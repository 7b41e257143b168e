"""How is a report shown? Every module here is a pure function from a `Report` to a string."""
