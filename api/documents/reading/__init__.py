"""Reading workbooks and archives that may be damaged or hostile."""
