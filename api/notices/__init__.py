"""Notices: what a person should know because others did something that concerns them, shown and sent by e-mail."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions",)
