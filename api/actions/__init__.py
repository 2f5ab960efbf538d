"""Everything people can do that writes."""
