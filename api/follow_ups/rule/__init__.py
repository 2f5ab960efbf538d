"""The rule of a round for audits at the lowest rating: what it is about, who is notified, who moderates, and when."""
