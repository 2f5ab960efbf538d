"""Tests of everything held about a case, and of its erasure."""
