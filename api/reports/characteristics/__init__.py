"""Who practice is worse for: the themes of a round by two groups of a characteristic of cases, side by side."""
