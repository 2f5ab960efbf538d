"""The conclusion of an audit: what works well, what worries us, what needs to happen, feedback to the practitioner."""
