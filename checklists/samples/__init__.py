"""Samples: drawing one with a known probability for every case, and how precise one of some size is."""
