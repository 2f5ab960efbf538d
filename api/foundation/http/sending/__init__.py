"""What goes over the wire: compressed pages, static files, and the path that everything is below."""
