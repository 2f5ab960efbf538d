"""Calibration: practice cases that many score, to grade alike."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ()
