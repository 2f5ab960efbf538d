"""What allocation must know of a person: teams, limits, absences."""
