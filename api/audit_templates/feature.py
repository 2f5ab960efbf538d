"""Audit templates: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.http.problem_details import CONSTRAINT_TEXTS
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(
        RoutesAt("api.audit_templates.routes", "/template-library", "/template-schema", "/templates"),
        RoutesAt(
            "api.audit_templates.version_routes",
            "/templates/*/versions/*/changes",
            "/templates/*/versions/*/use-format-2",
        ),
        RoutesAt("api.audit_templates.own_places.routes", "/templates/*/where-to-look"),
        RoutesAt(
            "api.audit_templates.workbooks.routes",
            "/template-workbook",
            "/template-workbooks",
            "/templates/*/versions/*/workbook",
        ),
        RoutesAt("api.audit_templates.xlsforms.routes", "/templates/*/versions/*/xlsform"),
    ),
    pages=(
        RoutesAt("api.audit_templates.pages", "/templates"),
        RoutesAt("api.audit_templates.comparing_pages", "/templates/*/versions/*/changes"),
        RoutesAt(
            "api.audit_templates.making_pages", "/templates/*/versions/*/copy", "/templates/import", "/templates/new"
        ),
        RoutesAt("api.audit_templates.editor.pages", "/templates/*/versions/*/edit"),
        RoutesAt("api.audit_templates.editor.format_2_pages", "/templates/*/versions/*/edit"),
        RoutesAt("api.audit_templates.own_places.pages", "/templates/*/where-to-look"),
        RoutesAt(
            "api.audit_templates.workbooks.pages",
            "/templates/empty-workbook",
            "/templates/from-workbook",
            "/templates/*/versions/*/workbook",
        ),
        RoutesAt("api.audit_templates.xlsforms.pages", "/templates/*/versions/*/xlsform"),
    ),
    provides=(
        EVENT_TEXTS.by(
            {
                "template.draft-changed": "Draft of version {number} of a template changed by {who}",
                "template.draft-discarded": "Draft of version {number} of a template discarded by {who}",
                "template.made": "Template created by {who}",
                "template.own-place-written": "Where-to-look guidance for a theme changed by {who}",
                "template.published": "Version {number} of a template published by {who}",
                "template.retired": "Version {number} of a template retired by {who}",
                "template.version-made": "Version {number} of a template started by {who}",
            }
        ),
        MENU.by(MenuEntry("Templates", "/templates", Permission.READ_TEMPLATES, Section.ROUNDS, place=40)),
        CONSTRAINT_TEXTS.by({"uq_template_organisation_id_name": "A template with this name already exists."}),
    ),
)
