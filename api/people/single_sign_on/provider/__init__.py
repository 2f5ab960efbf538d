"""The provider: asking it, what it signs, and what of its answers can be relied on."""
