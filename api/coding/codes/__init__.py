"""The codes of a round: added, renamed, merged, and carried over to the next round."""
