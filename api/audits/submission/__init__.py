"""Submitting, returning and withdrawing audits."""
