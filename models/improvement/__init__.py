"""Tables of what follows from audits: recommendations and actions."""
