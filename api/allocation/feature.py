"""Allocation: what this room registers."""

from api.audits.hooks import LINKS as AUDIT_LINKS
from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.jobs.long_work import WORKS, WorkOfKind
from api.foundation.outbox.letters import LETTERS, LetterKind
from api.foundation.pages.home_page import FIRST_STEPS
from api.people.hooks import OPEN_WORK
from api.rounds.hooks import PARTS, STEPS, UNFINISHED, Part, Side
from api.sampling.hooks import STEPS as SAMPLE_STEPS
from models import About

FEATURE = Feature(
    routes=(
        RoutesAt("api.allocation.routes", "/audits"),
        RoutesAt("api.allocation.proposals.routes", "/rounds/*/proposal"),
        RoutesAt("api.allocation.exemptions.routes", "/rounds/*/exemptions"),
        RoutesAt("api.allocation.replacement.routes", "/samples/*/replace"),
        RoutesAt("api.allocation.reallocation.routes", "/rounds/*/auditors-with-open-audits", "/rounds/*/reallocate"),
    ),
    pages=(
        RoutesAt("api.allocation.pages", "/rounds/*/allocate"),
        RoutesAt("api.allocation.proposals.pages", "/rounds/*/proposal"),
        RoutesAt("api.allocation.exemptions.pages", "/rounds/*/exemptions"),
        RoutesAt("api.allocation.replacement.pages", "/samples/*/cases/*/replace"),
        RoutesAt("api.allocation.reallocation.pages", "/rounds/*/reallocate"),
    ),
    provides=(
        FIRST_STEPS.by(Later("api.allocation.first_steps", "ALLOCATION")),
        EVENT_TEXTS.by(
            {
                "audit.allocated": "Allocated to {auditor} by {who}",
                "audit.reallocated": "Reallocated to {auditor} by {who}, answers kept",
                "round.allocated": "Sample allocated by {who}",
                "round.reallocated": "One person's audits reallocated by {who}",
                "round.exemption-ended": "Exemption from a round ended by {who}",
                "round.person-exempted": "Exemption from a round added by {who}",
                "sample.case-replaced": "Sampled case replaced by {who}",
            }
        ),
        WORKS.by(WorkOfKind("allocation", Later("api.allocation.proposals.long_work", "ConfirmProposal"))),
        UNFINISHED.by(
            Later("api.allocation.unfinished", "WITHOUT_AUDITOR"), Later("api.allocation.unfinished", "UNALLOCATED")
        ),
        LETTERS.by(
            LetterKind(frozenset({About.DUE_SOON, About.OVERDUE}), Later("api.allocation.reminders.letters", "write"))
        ),
        BACKGROUND_WORK.by(
            BackgroundWork(
                "reminders",
                600,
                Later("api.allocation.reminders.actions", "queue_reminders_due_now"),
                needs="smtp_host",
            )
        ),
        STEPS.by(
            Later("api.allocation.round_parts", "allocating_the_sample"),
            Later("api.allocation.round_parts", "allocating_case_files"),
        ),
        PARTS.by(
            Part(Side.TOP, Later("api.allocation.reallocation.parts", "people_who_cannot_finish")),
            Part(Side.DETAILS, Later("api.allocation.round_parts", "exemptions")),
        ),
        AUDIT_LINKS.by(Later("api.allocation.reallocation.parts", "link_to_reallocation")),
        OPEN_WORK.by(Later("api.allocation.open_work", "AUDITS_TO_FINISH")),
        SAMPLE_STEPS.by(Later("api.allocation.round_parts", "allocating_after_drawing")),
    ),
)
