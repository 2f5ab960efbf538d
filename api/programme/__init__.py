"""The audit programme: a year of rounds by a standing plan, which are planned by themselves, each once."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions",)
