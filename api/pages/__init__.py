"""Server-rendered pages, one file a part of the site."""
