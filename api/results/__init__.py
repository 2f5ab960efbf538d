"""Results of cases, for a program that takes them back to the case system: status, overall judgement, actions."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("commands",)
