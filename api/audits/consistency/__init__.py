"""Possible inconsistencies in an audit."""
