"""The database itself: opening it, one transaction at a time, and migrations.

Its own tables are the trail and its checkpoints.
"""
