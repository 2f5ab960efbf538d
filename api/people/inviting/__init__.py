"""Inviting many people at once, from lines or a CSV file: all of them, or nobody."""
