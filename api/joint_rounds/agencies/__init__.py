"""Agencies of an organisation, and who belongs to them."""
