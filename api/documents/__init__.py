"""One document for page, JSON, CSV, XLSX, DOCX, PDF and terminal. It knows no feature."""
