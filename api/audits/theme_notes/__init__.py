"""Strengths and areas for development of each theme, and marks of exemplary practice."""
