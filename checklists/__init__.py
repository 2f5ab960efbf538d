"""What an audit asks, and what its answers mean: pure, with no SQL and no HTTP."""
