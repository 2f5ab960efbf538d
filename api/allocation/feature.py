"""Allocation: what this room registers."""

from api.allocation import first_steps, round_parts
from api.allocation.open_work import AUDITS_TO_FINISH
from api.allocation.proposals.long_work import ConfirmProposal
from api.allocation.reallocation import parts as reallocation_parts
from api.allocation.reminders import actions as reminders
from api.allocation.reminders import letters
from api.allocation.unfinished import UNALLOCATED, WITHOUT_AUDITOR
from api.audits.hooks import LINKS as AUDIT_LINKS
from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
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
        BACKGROUND_WORK.by(BackgroundWork("reminders", 3600, reminders.queue_reminders_due_now, needs="smtp_host")),
        STEPS.by(round_parts.allocating_the_sample, round_parts.allocating_case_files),
        PARTS.by(
            Part(Side.TOP, reallocation_parts.people_who_cannot_finish), Part(Side.DETAILS, round_parts.exemptions)
        ),
        AUDIT_LINKS.by(reallocation_parts.link_to_reallocation),
        OPEN_WORK.by(AUDITS_TO_FINISH),
        SAMPLE_STEPS.by(round_parts.allocating_after_drawing),
    ),
)
