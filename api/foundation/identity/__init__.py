"""Identity: people, tokens and sessions, their secrets and how long they last."""
