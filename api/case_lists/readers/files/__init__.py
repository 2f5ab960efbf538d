"""Reading files: delimited text, workbooks, XML, within limits."""
