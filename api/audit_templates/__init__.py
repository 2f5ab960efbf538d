"""Audit templates: the library, drafts, publishing, and exchange as files."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "actions",
    "drafts",
    "own_places.actions",
    "routes",
    "workbooks.effect",
    "workbooks.reading",
    "xlsforms.beside",
    "xlsforms.checking",
    "xlsforms.conditions",
    "xlsforms.form",
    "xlsforms.layout",
    "xlsforms.rows",
    "xlsforms.writing",
)
