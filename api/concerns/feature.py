"""Urgent concerns: what this room registers."""

from api.audits.hooks import PARTS as AUDIT_PARTS
from api.foundation.background import BACKGROUND_WORK, BackgroundWork
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.identity.showing import SHOWS_AUDIT
from api.foundation.outbox.letters import LETTERS, LetterKind
from api.foundation.pages.menu import BANNERS, MENU, PAGE_ACTIONS, MenuEntry, Section
from api.foundation.permissions import Permission
from api.people.hooks import OPEN_WORK
from api.rounds.hooks import PARTS as ROUND_PARTS
from api.rounds.hooks import UNFINISHED, Part, Side
from checklists.audits.how_seen import HowSeen
from models import About

FEATURE = Feature(
    routes=(RoutesAt("api.concerns.routes", "/audits/*/concerns", "/concerns"),),
    pages=(RoutesAt("api.concerns.pages", "/audits/*/concern", "/concerns"),),
    provides=(
        SHOWS_AUDIT.by(
            {
                "concern.acknowledged": HowSeen.ASKED,
                "concern.basis-read": HowSeen.ASKED,
                "concern.closed": HowSeen.ASKED,
                "concern.raised": HowSeen.OPENED,
                "concern.read": HowSeen.ASKED,
                "concern.reassigned": HowSeen.ASKED,
            }
        ),
        EVENT_TEXTS.by(
            {
                "concern.basis-read": "Case details and answers for an urgent concern read by {who}",
                "concern.acknowledged": "Urgent concern acknowledged by {who}",
                "concern.closed": "Urgent concern closed by {who}",
                "concern.escalated": "Urgent concern not acknowledged in time by {person}: quality leads notified",
                "concern.raised": "Urgent concern raised by {who}; {person} asked to act",
                "concern.read": "Urgent concern read by {who}",
                "concern.reassigned": "{person} asked to act on an urgent concern by {who}",
            }
        ),
        LETTERS.by(LetterKind(frozenset({About.CONCERN}), Later("api.concerns.letters", "write"))),
        # It needs no mail server: people are also notified on the next page they open.
        BACKGROUND_WORK.by(BackgroundWork("escalating", 20, Later("api.concerns.actions", "escalate_overdue_now"))),
        MENU.by(MenuEntry("Urgent concerns", "/concerns", Permission.READ_AUDITS, Section.CHECK, place=30)),
        BANNERS.by(Later("api.concerns.page_parts", "banner")),
        PAGE_ACTIONS.by(Later("api.concerns.page_parts", "raising")),
        AUDIT_PARTS.by(Later("api.concerns.page_parts", "of_audit")),
        ROUND_PARTS.by(Part(Side.TOP, Later("api.concerns.page_parts", "of_round"))),
        OPEN_WORK.by(Later("api.concerns.open_work", "CONCERNS_TO_ACT_ON")),
        UNFINISHED.by(Later("api.concerns.unfinished", "OPEN_CONCERNS")),
    ),
)
