"""Samples of joint rounds: their cases drawn at random from a case list, as those of a round are."""
