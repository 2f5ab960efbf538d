"""Everything held about a case: read by a quality lead and handed over as a file, and erased when two people agree."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("commands", "copies", "erased_cases", "erasing")
