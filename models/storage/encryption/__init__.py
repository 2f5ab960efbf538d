"""Encryption of SQLite databases: keys, and rewriting a database with another one or with none."""
