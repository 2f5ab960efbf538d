"""Rules of actions: their states, their due dates, and when they escalate."""
