"""Measures the service on this machine, compared with its bare databases. `make bench` runs it all."""
