"""Redacting the words of an action: removing text that should never have been written."""
