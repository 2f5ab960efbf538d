"""Tables of the cases: case files, and imported case lists."""
