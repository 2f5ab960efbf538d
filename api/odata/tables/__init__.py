"""The tables of the feed, each with its rows."""
