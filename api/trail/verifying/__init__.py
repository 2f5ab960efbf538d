"""Verification: the trails against their hashes and checkpoints, and what is stored against what events say of it."""
