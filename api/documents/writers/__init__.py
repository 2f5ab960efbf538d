"""Writers: a document as a file, every cell as it stands."""
