"""Health checks: whether the service lives, and whether it is ready to work."""
