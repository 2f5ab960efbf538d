"""Audit templates: the library, drafts, publishing, and exchange as files."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "drafts", "own_places.actions")
