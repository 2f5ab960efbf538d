"""From the lines of a published document to the tree of a template: proposed by rule, and marked by a person."""
