"""Which audits a person may see or change: each rule in Python, with its form in SQL beside it."""
