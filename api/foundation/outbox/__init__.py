"""E-mails that wait to be sent: queued, claimed, tried again, and parked when they cannot be sent."""
