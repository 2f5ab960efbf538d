"""The made-up council, built through the features' own actions."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("demonstration", "first_start")
