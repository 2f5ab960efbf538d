"""The key of an encrypted database, wherever the operator keeps it."""
