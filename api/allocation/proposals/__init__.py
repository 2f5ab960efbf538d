"""Proposals: a round's sample allocated by rule and at random, previewed before it is stored."""
