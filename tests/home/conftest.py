"""A desk for tests of the start page."""
