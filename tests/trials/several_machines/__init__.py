"""Trials of several machines, as network namespaces of this one: they need Linux, root and Debian's packages."""
