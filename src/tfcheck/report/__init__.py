"""How is a report shown, and a saved one read back?

Pure functions: nothing here opens a file or reads the environment.
"""
