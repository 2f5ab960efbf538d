"""The second factor: one-time codes, passkeys, recovery codes, and which roles need one."""
