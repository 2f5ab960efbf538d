"""Help, accessibility statement, privacy and cookie pages, whose texts an organisation can replace."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ()
