"""Measures the service on this machine, beside what its databases can do without it. `make bench` runs it all."""
