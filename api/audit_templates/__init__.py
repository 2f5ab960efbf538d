"""audit_templates."""
