"""What breaks around the service: the database server, the disk, the clock, those that it sends to."""
