"""What leaves: snapshots, briefings, comparison of organisations."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "across",
    "snapshots.actions",
    "snapshots.changes",
    "snapshots.document",
    "snapshots.queries",
)
