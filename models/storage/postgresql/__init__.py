"""What only PostgreSQL has: opening it, who leads among several processes, and reading from a standby."""
