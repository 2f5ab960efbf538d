"""The audit programme: when its rounds begin and are due, what is expected of whom, and its calendar."""
