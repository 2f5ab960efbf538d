"""Notices and reminders of actions, without a word of an action or a case."""
