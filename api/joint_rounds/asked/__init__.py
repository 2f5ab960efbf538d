"""What an agency is asked of a template, and in which words."""
