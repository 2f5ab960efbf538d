"""case_files."""
