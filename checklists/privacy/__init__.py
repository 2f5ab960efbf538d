"""Identifiers of people: finding them in texts, and replacing them with pseudonyms."""
