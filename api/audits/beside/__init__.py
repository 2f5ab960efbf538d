"""What an audit asks beside its themes, as one list for its pages and for REST."""
