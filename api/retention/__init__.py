"""How long each kind of record is kept: periods that an organisation sets, what goes when, and the deletion itself."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "queries")
