"""Sending a case list to the service from a council's computer."""
