"""Templates from published documents: their lines are read, marked by a person, and become a draft."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("hooks",)
