"""Tables of the cases: case files, imported case lists, and samples of them."""
