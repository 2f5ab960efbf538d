"""Rounds of one template over time."""
