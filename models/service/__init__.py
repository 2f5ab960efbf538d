"""Tables by which the service works: events, waiting emails, jobs, and responses to repeat."""
