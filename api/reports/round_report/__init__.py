"""round_report."""
