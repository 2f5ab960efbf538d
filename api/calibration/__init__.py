"""Calibration: practice cases that many people score, so that they grade alike."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ()
