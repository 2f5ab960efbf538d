"""The formats of case systems: Annex A, the census, SSDA903, tables."""
