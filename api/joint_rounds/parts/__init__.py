"""The parts of agencies: each is answered by one person of the agency."""
