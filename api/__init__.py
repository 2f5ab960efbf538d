"""The service people meet."""
