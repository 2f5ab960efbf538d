"""Characteristics of cases that an organisation compares its own reports by: which there are, and those of a case."""
