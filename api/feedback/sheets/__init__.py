"""The feedback sheet of an audit: written, given to the practitioner, and shared with their team."""
