"""Tables of what is given out: snapshots, briefings, and exports."""
