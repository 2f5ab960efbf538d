"""Mutation testing: changes the rules one at a time in a copy of the tree, and asks whether their tests notice."""
