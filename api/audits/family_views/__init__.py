"""Family views: whose there are, and why there are no others; outside every grade."""
