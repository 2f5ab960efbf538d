"""Reading the published views of the Standard Safeguarding Dataset straight from a council's database."""
