"""Tables of snapshots, briefings and exports."""
