"""Disclosure control: what may be shown of few children, and the proof that nothing more can be deduced."""
