"""Answering the themes of an audit."""
