"""What only SQLite has: its statistics, and on which disk its file may be."""
