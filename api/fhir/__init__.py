"""FHIR R4: templates as questionnaires, and audits as their responses."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ()
