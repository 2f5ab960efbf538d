"""Practice that auditors of a round marked as exemplary, for people who may read every audit."""
