"""Long work: asked for, queued, computed in a process of its own, and stored whole or not at all."""
