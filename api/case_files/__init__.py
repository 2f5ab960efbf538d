"""Case files: pseudonymous references with their bands, and what is settled of case lists."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "routes", "settling")
