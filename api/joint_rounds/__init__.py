"""Joint rounds: several agencies answer for the same cases, each for its own records; a panel looks at all of them.

Not audits: a part is never counted with them, and the rule of two blind readings stays as it is. Who sees what is in
`api/access/joint.py`.
"""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "agencies.actions",
    "asked.actions",
    "panels.actions",
    "parts.actions",
    "planning.actions",
    "planning.queries",
    "samples.long_work",
)
