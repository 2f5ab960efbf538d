"""What a file holds: delimited text, workbooks, XML, within limits."""
