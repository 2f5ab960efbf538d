"""Pseudonyms: the key, and lists written with it."""
