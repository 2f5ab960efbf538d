"""Passages that auditors wrote, coded by people: which there are, how many audits have a code, and which are alike."""
