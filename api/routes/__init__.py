"""JSON under /api/v1, one file a resource."""
