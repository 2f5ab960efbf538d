"""Tables of the audit programme."""
