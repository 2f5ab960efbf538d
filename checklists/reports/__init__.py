"""Counting answers: tallies, gaps, weights, change between reports, and shares over time."""
