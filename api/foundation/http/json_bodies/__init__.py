"""JSON bodies: bounded before they are parsed, and parsed in pieces when large."""
