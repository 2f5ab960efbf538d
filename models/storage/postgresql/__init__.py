"""What only PostgreSQL has: how it is opened, its statistics, who leads of several processes, and its standby."""
