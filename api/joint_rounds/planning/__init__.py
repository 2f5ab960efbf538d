"""Joint rounds: planned, opened and closed by quality leads."""
