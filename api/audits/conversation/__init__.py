"""The conversation with the worker: its day, who took part, and what got in the way of the work."""
