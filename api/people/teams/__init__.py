"""Teams: created, renamed, retired."""
