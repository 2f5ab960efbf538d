"""What was done to an audit, in plain words."""
