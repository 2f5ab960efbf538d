"""Samples of the cases of a round."""
