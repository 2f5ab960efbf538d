"""Pure rules of audits: templates, scoring, sampling, reports and disclosure control. No SQL and no HTTP."""
