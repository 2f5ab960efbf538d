"""The passages of a round: read, searched and coded, and their codes counted."""
