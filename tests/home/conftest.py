"""A desk for tests of the home page."""
