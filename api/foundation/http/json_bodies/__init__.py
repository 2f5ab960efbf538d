"""JSON that somebody sent: bounded before it is read, and read in pieces where it is large."""
