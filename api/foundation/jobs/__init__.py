"""Jobs: long work that is requested, queued, computed in a separate process, and stored completely or not at all."""
