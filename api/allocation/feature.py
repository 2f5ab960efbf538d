"""Allocation: what this room registers."""

from api.allocation import first_steps, pages, round_parts
from api.allocation import routes as audit_routes
from api.allocation.exemptions import pages as exemption_pages
from api.allocation.exemptions import routes as exemption_routes
from api.allocation.open_work import AUDITS_TO_FINISH
from api.allocation.proposals import pages as proposal_pages
from api.allocation.proposals import routes
from api.allocation.proposals.long_work import ConfirmProposal
from api.allocation.reallocation import pages as reallocation_pages
from api.allocation.reallocation import parts as reallocation_parts
from api.allocation.reallocation import routes as reallocation_routes
from api.allocation.reminders import actions as reminders
from api.allocation.reminders import letters
from api.allocation.replacement import pages as replacement_pages
from api.allocation.replacement import routes as replacement_routes
from api.allocation.unfinished import UNALLOCATED, WITHOUT_AUDITOR
from api.audits.hooks import LINKS as AUDIT_LINKS
from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature
from api.foundation.jobs.long_work import WORKS
from api.foundation.outbox.letters import LETTERS, LetterKind
from api.foundation.pages.start_page import FIRST_STEPS
from api.people.open_work import OPEN_WORK
from api.rounds.hooks import PARTS, STEPS, Part, Side
from api.rounds.unfinished import UNFINISHED
from api.sampling.hooks import STEPS as SAMPLE_STEPS
from models import About

FEATURE = Feature(
    routes=(
        audit_routes.router,
        routes.router,
        exemption_routes.router,
        replacement_routes.router,
        reallocation_routes.router,
    ),
    pages=(
        pages.router,
        proposal_pages.router,
        exemption_pages.router,
        replacement_pages.router,
        reallocation_pages.router,
    ),
    provides=(
        FIRST_STEPS.by(first_steps.ALLOCATION),
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
        WORKS.by(ConfirmProposal),
        UNFINISHED.by(WITHOUT_AUDITOR, UNALLOCATED),
        LETTERS.by(LetterKind(frozenset({About.DUE_SOON, About.OVERDUE}), letters.write)),
        BACKGROUND_WORK.by(BackgroundWork("reminders", 3600, reminders.queue_reminders_due_now, needs_mail=True)),
        STEPS.by(round_parts.allocating_the_sample, round_parts.allocating_case_files),
        PARTS.by(
            Part(Side.TOP, reallocation_parts.people_who_cannot_finish), Part(Side.DETAILS, round_parts.exemptions)
        ),
        AUDIT_LINKS.by(reallocation_parts.link_to_reallocation),
        OPEN_WORK.by(AUDITS_TO_FINISH),
        SAMPLE_STEPS.by(round_parts.allocating_after_drawing),
    ),
)
