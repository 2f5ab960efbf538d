"""Rules for free text: identifiers, names, sensitive terms, and the field types that carry it."""
