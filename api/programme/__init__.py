"""The audit programme: a year of rounds by a standing plan, which the service plans, each once."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "making", "standing")
