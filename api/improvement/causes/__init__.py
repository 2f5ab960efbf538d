"""What actions come from beside gaps and audits: urgent concerns, and agreement between readers."""
