"""Strengths and points for development of each theme, and marks of exemplary practice."""
