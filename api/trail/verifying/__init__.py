"""Verification: the trails against their hashes and checkpoints, and stored records against their events."""
