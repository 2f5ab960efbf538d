"""A small document with a chart."""

from datetime import date

from api.documents.document import Chart, Document, Section

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><rect width="20" height="20"/></svg>'
CHART = Chart("one", "One", "A square", SVG, SVG, "Rate")
DOCUMENT = Document(
    "A report",
    "",
    "Internal",
    date(2026, 1, 2),
    (Section("Charts", ("Words",), chart=CHART), Section("Text", ("Words",))),
)
