"""The key-holder: who finds a child's file from the reference of a case."""
