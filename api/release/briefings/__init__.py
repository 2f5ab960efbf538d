"""Briefings: a snapshot with words of the lead."""
