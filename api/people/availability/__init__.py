"""What allocation needs to know of a person: teams, limits, absences."""
