"""One run: the files that are read, what each plan sees of the others, and the report that comes out."""
