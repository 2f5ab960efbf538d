"""What goes over the wire: compressed pages, and static files."""
