"""What every feature stands on: permissions, problems, events, clock-bound work, mail and jobs. It knows no feature."""
