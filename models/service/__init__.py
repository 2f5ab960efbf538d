"""Tables by which the service works: events, waiting e-mails, jobs, and responses to repeat."""
