"""Emails waiting to be sent: queued, claimed, retried, and parked when they cannot be sent."""
