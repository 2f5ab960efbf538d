"""What an audit says beside its themes: facts about the case, the conversation, notes, and the first judgement."""
