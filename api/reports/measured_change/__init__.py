"""What has changed between a round and the one that it follows, and whether the two can be compared."""
