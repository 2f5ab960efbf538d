"""Audits that were made elsewhere, recorded whole."""
