"""Reminders of due audits."""
