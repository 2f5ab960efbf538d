"""Case lists: reading what case systems export, pseudonyms, and importing the list."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "commands")
