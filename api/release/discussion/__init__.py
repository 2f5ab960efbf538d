"""The pack for the discussion of a team, out of a snapshot: strengths, two widest gaps, questions, room for notes."""
