"""Proposals: a round's sample given out by rule and by chance, looked at before it is allocated."""
