"""Exemptions: who is given no audits in a round, and why."""
