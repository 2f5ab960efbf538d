"""What an organisation chooses for its actions: when child-level actions are due."""
