"""Findings: a sentence about a theme, with the count of the code that it rests on."""
