"""Crowds of people over real sockets, each kept to a time limit, and what is watched meanwhile."""
