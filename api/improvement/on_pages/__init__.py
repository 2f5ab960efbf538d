"""What actions add to the pages of audits and reports: light, because every page asks it."""
