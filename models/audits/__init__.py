"""Tables of auditing: templates, rounds, audits with their answers, and what other people decide on them."""
