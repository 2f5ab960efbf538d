"""The rule of a round for audits at the lowest rating: what it is about, who is told, who moderates, and when."""
