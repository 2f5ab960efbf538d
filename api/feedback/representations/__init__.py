"""Representations: the team of an audited case disagrees with an answer, and a moderator decides."""
