"""Requests of the service to other systems: to which addresses, and how one is sent."""
