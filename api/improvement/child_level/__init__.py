"""Child-level actions: proposed beside a theme while an audit is scored, and live once it is submitted."""
