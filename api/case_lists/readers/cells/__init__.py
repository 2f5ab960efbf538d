"""What a cell says: dates, bands, codes, headings."""
