"""The one-time page on which a practitioner reads their feedback and writes a reflection, without an account."""
