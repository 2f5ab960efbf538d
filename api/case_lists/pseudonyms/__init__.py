"""Pseudonyms: the key, and lists written under it."""
