"""Teams: made, renamed, retired."""
