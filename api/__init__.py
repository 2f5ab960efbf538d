"""The web service: pages, REST and the command line."""
