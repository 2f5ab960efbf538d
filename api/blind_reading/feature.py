"""Blind reading: what this room registers."""

from api.audits.hooks import LINKS, OWN_STEPS, PARTS
from api.audits.submission.hooks import AFTER_SUBMISSION, AFTER_TAKING_BACK
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.identity.showing import SHOWS_AUDIT
from api.people.hooks import OPEN_WORK
from api.rounds.hooks import UNFINISHED
from checklists.audits.how_seen import HowSeen

FEATURE = Feature(
    routes=(RoutesAt("api.blind_reading.routes", "/audits/*/pair"),),
    pages=(RoutesAt("api.blind_reading.pages", "/audits/*/pair", "/rounds/*/pairs"),),
    provides=(
        SHOWS_AUDIT.by(
            dict.fromkeys(
                ("audit.consensus-proposed", "audit.consensus-reached", "audit.consensus-settled"), HowSeen.SETTLED
            )
        ),
        UNFINISHED.by(Later("api.blind_reading.unfinished", "UNSETTLED")),
        OPEN_WORK.by(Later("api.blind_reading.open_work", "READINGS_TO_SETTLE")),
        EVENT_TEXTS.by(
            {
                "audit.consensus-proposed": "Answer for both readings proposed by {who}: {themes}",
                "audit.consensus-reached": "Both readings agreed, last answer given by {who}",
                "audit.consensus-settled": "Answer for both readings agreed by {who}: {themes}",
            }
        ),
        AFTER_SUBMISSION.by(Later("api.blind_reading.notifying", "notify_of_pairs")),
        AFTER_TAKING_BACK.by(Later("api.blind_reading.notifying", "withdraw_to_settle")),
        LINKS.by(Later("api.blind_reading.pages", "link_to_pair")),
        OWN_STEPS.by(Later("api.blind_reading.progress", "steps_of_readers")),
        PARTS.by(Later("api.blind_reading.pages", "of_audit")),
    ),
)
