"""The register of recommendations: what each asks for, its actions, and what rounds have said since."""
