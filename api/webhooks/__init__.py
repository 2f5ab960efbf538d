"""Webhooks: other systems of the organisation hear that something happened, by identifiers and kinds alone."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ()
