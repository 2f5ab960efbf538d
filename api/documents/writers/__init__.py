"""Writers: a document as a file, every cell as the document has it."""
