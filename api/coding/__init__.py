"""Coding: people give short codes to what auditors of a round wrote, count them, and write findings.

A person sees others' codes of a theme only after they have finished it themselves, so that two people code it blind.
"""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "codes.actions",
    "findings.actions",
    "findings.queries",
    "passages.actions",
    "passages.reading",
    "rules",
)
