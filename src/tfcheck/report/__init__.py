"""Render reports, and read saved ones back.

Pure functions: nothing here opens a file or reads the environment.
"""
