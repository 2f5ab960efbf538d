"""Exports: every audit of a round, written in the background."""
