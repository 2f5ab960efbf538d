"""Which audits a person may see or change: each rule in Python, with its SQL form beside it."""
