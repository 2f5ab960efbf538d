"""The case: facts about the case of an audit, and its synopsis."""
