"""Snapshots: what a round shows once small numbers are protected."""
