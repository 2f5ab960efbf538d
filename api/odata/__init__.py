"""The data feed: tables for Excel, Power BI and other programs, as OData version 4, read only."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ()
