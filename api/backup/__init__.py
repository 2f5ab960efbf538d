"""Backups of everything the service stores, as one encrypted file: made while people work, checked, and restored into
an empty place. For the operator, at the command line.
"""

# The modules that rooms above may use.
OFFERS = ("commands",)
