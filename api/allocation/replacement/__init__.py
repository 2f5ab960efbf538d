"""Replacing a case of a sample by the next of its reserve."""
