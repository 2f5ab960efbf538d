"""Inter-rater reliability: how far readers of the same cases agree, and how generous auditors are."""
