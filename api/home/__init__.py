"""The home page: what a person does next, and the first steps of an empty service."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ()
