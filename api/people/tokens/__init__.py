"""Tokens of people and of integrations."""
