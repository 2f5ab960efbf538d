"""What changed because cases were audited: findings, the actions that followed them, and measured change."""
