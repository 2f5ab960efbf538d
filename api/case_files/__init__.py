"""Case files: pseudonymous references with their bands, and storing the changes of imported case lists."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "characteristics.queries", "routes", "settling", "tags", "unsettled", "words")
