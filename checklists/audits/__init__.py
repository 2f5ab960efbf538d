"""One audit: its states, its overall judgement, its inconsistencies, who moderates it, and its signature."""
