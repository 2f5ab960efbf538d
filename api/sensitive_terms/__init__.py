"""sensitive_terms."""
