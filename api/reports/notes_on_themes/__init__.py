"""Strengths, areas for development and exemplary practice by theme, as parts of a round's report."""
