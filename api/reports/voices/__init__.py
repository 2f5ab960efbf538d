"""Whose views there are in a round, what got in the way of the work, and what is good only by what people said."""
