"""Tables of organisations and people: roles, teams, signing in, tokens, and risky terms."""
