"""The register of auditors and moderators: when each was trained and calibrated, and how they grade."""
