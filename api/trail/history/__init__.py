"""The history of an audit, in plain words."""
