"""Versions of one template: from format 1 to format 2, and the differences between two."""
