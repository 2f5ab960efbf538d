"""What the auditors of a round conclude: how many audits say what, and the texts for people who may read them all."""
