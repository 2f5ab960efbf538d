"""Reminding auditors of what is due."""
