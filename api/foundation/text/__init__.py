"""Rules for free text: identifiers, names, sensitive terms, and the types of fields that carry it."""
