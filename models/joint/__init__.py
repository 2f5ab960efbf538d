"""Agencies, and rounds in which several of them answer for the same cases."""
