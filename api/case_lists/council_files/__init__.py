"""Files that a council downloads for its own computers: a key, and the answers about its tables."""
