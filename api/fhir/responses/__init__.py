"""Audits as FHIR R4 QuestionnaireResponses, out and in."""
