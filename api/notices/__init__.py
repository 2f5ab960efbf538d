"""Notices: what a person should know because others did something that concerns them, shown and sent by email."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions",)
