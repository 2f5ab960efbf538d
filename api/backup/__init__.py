"""Backups of everything the service stores, as one encrypted file: made while people work, checked, and restored into
an empty place. The operator makes them at the command line, or the service itself every day.
"""

# The modules that rooms above may use.
OFFERS = ("actions", "archive", "commands")
