"""case_lists."""
