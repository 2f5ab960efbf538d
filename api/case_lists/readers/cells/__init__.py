"""Parsing cells: dates, bands, codes, headings."""
