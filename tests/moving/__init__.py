"""Tests of moving to another database."""
