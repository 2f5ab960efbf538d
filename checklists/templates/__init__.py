"""Audit templates: their scale, their structure, their file, and every fault that a file can have."""
