"""Redaction: removing text from an audit for good."""
