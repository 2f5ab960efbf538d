"""Shared by every feature: permissions, problems, events, background work, mail and jobs. Imports no feature."""
