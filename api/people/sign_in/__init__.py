"""Signing in and out, one-time links, passwords, and slowing down guesses."""
