"""The views of the family: whose there are, and why there are no others; outside every grade."""
