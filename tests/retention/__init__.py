"""Tests of retention periods, and of what is deleted at their end."""
