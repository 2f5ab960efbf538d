"""Emails that were not sent: their recipients, why they stopped, and sending them again."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ()
