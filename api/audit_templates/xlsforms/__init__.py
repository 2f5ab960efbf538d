"""Templates as XLSForms: written for other form tools, and read from theirs with what a template cannot say."""
