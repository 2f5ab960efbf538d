"""`caseaudit copy-to`: moves everything from SQLite to PostgreSQL, or back."""
