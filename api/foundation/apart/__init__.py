"""Computing a pure function in a process of its own, which has no database and starts in a moment."""
