"""HTTP: who is let in, what a request may send, how a route runs, and how a refusal is answered."""
