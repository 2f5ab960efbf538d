"""Everything people can read across audits."""
