"""Intervals, resampling and repeatable random numbers: what the other rules compute with."""
