"""Case lists: reading exports of case systems, pseudonyms, and importing the list."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "commands", "terminal")
