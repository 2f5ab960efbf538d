"""A template as an Excel workbook: written with notes and drop-downs, and read again."""
