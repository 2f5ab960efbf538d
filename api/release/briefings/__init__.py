"""briefings."""
