"""Pure rules of joint audits: the states they go through, and how the answers of agencies compare."""
