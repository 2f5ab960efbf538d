"""E-mails that were not sent: who they were for, why they stopped, and sending them again."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ()
