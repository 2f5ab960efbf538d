"""Cases of a joint round, agencies side by side, and what the panel agreed on."""
