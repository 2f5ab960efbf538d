"""FHIR R4: templates as questionnaires."""
