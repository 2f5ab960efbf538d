"""Joint rounds: what this room registers."""

from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.http.problem_details import CONSTRAINT_TEXTS
from api.foundation.jobs.long_work import WORKS, WorkOfKind
from api.foundation.pages.home_page import TASKS, TaskSource
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(
        RoutesAt("api.joint_rounds.agencies.routes", "/agencies"),
        RoutesAt("api.joint_rounds.asked.routes", "/templates/*/agencies"),
        RoutesAt("api.joint_rounds.planning.routes", "/joint-rounds"),
        RoutesAt("api.joint_rounds.samples.routes", "/joint-rounds/*/samples"),
        RoutesAt("api.joint_rounds.report.routes", "/joint-rounds/*/report", "/joint-rounds/*/report.*"),
        RoutesAt(
            "api.joint_rounds.report.agency_routes",
            "/agency-reports",
            "/joint-rounds/*/agency-report",
            "/joint-rounds/*/agency-report.*",
        ),
        RoutesAt("api.joint_rounds.parts.routes", "/joint-parts"),
        RoutesAt("api.joint_rounds.panels.routes", "/joint-cases"),
    ),
    pages=(
        RoutesAt("api.joint_rounds.agencies.pages", "/agencies"),
        RoutesAt("api.joint_rounds.asked.pages", "/templates/*/agencies"),
        RoutesAt("api.joint_rounds.planning.pages", "/joint-rounds"),
        RoutesAt("api.joint_rounds.samples.pages", "/joint-rounds/*/samples"),
        RoutesAt("api.joint_rounds.report.pages", "/joint-rounds/*/report", "/joint-rounds/*/report.*"),
        RoutesAt(
            "api.joint_rounds.report.agency_pages",
            "/joint-rounds/*/agency-report",
            "/joint-rounds/*/agency-report.*",
        ),
        RoutesAt("api.joint_rounds.parts.pages", "/joint-parts"),
        RoutesAt("api.joint_rounds.panels.pages", "/joint-cases", "/joint-parts/*/give-back"),
        RoutesAt("api.joint_rounds.panels.redaction_pages", "/joint-cases/*/redact"),
    ),
    provides=(
        EVENT_TEXTS.by(
            {
                "agency.added": "Agency added by {who}",
                "agency.changed": "Agency changed by {who}",
                "agency.person-joined": "Person added to an agency by {who}",
                "agency.person-left": "Person removed from an agency by {who}",
                "agency.questions-changed": "What an agency is asked changed by {who}",
                "joint-case.added": "Case added to a joint audit by {who}",
                "joint-case.erased": "Case of a joint audit erased by {who}",
                "joint-case.finding-recorded": "What a panel found recorded by {who}",
                "joint-case.panel-finished": "Panel of a joint audit finished by {who}",
                "joint-case.panel-opened": "Panel of a joint audit opened by {who}",
                "joint-case.panel-recorded": "Panel of a joint audit recorded by {who}",
                "joint-case.read": "Case of a joint audit read by {who}",
                "joint-case.redacted": "Text of a joint audit redacted by {who}",
                "joint-case.removed": "Case removed from a joint audit by {who}",
                "joint-part.allocated": "Part of a joint audit allocated by {who}",
                "joint-part.erased": "Part of a joint audit erased by {who}",
                "joint-part.not-returned": "Part of a joint audit left out by {who}, because it was not returned",
                "joint-part.redacted": "Text of a part of a joint audit redacted by {who}",
                "joint-part.returned": "Part of a joint audit given back by {who}",
                "joint-part.saved": "Part of a joint audit saved by {who}",
                "joint-part.submitted": "Part of a joint audit returned by {who}",
                "joint-round.cases-fetched": "List of the cases of a joint audit downloaded by {who}",
                "joint-round.changed": "Joint audit changed by {who}",
                "joint-round.closed": "Joint audit closed by {who}",
                "joint-round.made": "Joint audit planned by {who}",
                "joint-round.opened": "Joint audit opened by {who}",
                "joint-round.report-fetched": "Report of a joint audit downloaded by {who}",
            }
        ),
        CONSTRAINT_TEXTS.by({"uq_agency_name_organisation_id": "An agency with this name already exists."}),
        MENU.by(
            MenuEntry("Agencies", "/agencies", Permission.WRITE_AGENCIES, Section.ORGANISATION, place=25),
            MenuEntry(
                "Joint audits",
                "/joint-rounds",
                Permission.WRITE_JOINT_ROUNDS,
                Section.ROUNDS,
                place=18,
                covers=r"/joint-cases/|/templates/[^/]+/agencies/",
            ),
            MenuEntry(
                "My agency’s cases",
                "/joint-parts",
                Permission.WRITE_JOINT_PARTS,
                Section.MY_AUDITS,
                place=60,
                covers=r"/joint-cases/|/joint-rounds/[^/]+/agency-report",
            ),
        ),
        BACKGROUND_WORK.by(
            BackgroundWork(
                "reminders of joint audits", 600, Later("api.joint_rounds.notifying", "give_due_reminders_now")
            )
        ),
        WORKS.by(WorkOfKind("joint-sample", Later("api.joint_rounds.samples.long_work", "DrawJointSample"))),
        TASKS.by(TaskSource(24, Later("api.joint_rounds.page_parts", "parts_to_answer"))),
    ),
)
