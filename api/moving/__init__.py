"""Copying everything: `caseaudit copy-to` to another database, `caseaudit export-everything` to open files."""
