"""Where a person is signed in, ending sessions, and proving again who they are."""
