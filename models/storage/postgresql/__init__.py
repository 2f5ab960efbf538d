"""What only PostgreSQL has: opening it, its statistics, who leads among several processes, and reading from a standby."""
