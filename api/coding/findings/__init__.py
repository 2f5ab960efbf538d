"""Findings: a sentence about a theme, with the count of its code."""
