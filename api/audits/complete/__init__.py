"""Audits that were done elsewhere, recorded in one call."""
