"""The views of the family: who was heard, who was not and why, outside every grade."""
