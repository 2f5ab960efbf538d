"""`caseaudit doctor`: looks at everything that an operator sets up, and says what to do for each."""
