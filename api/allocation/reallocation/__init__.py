"""Reallocation: open audits of a person who cannot finish them, given to others with the answers so far, or afresh."""
