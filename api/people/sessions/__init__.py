"""Where a person is signed in, and ending sessions."""
