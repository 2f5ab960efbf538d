"""complete."""
