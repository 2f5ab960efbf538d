"""Releasing figures: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.identity.showing import SHOWS_ROUND
from api.foundation.jobs.long_work import WORKS, WorkOfKind
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission
from checklists.audits.how_seen import HowSeen

FEATURE = Feature(
    routes=(
        RoutesAt("api.release.snapshots.routes", "/snapshots"),
        RoutesAt("api.release.briefings.routes", "/briefings"),
        RoutesAt("api.release.discussion.routes", "/snapshots/*/discussion", "/snapshots/*/discussion.*"),
    ),
    pages=(
        RoutesAt("api.release.snapshots.pages", "/rounds/*/snapshot", "/snapshots"),
        RoutesAt("api.release.briefings.pages", "/briefings/*", "/snapshots/*/briefing"),
        RoutesAt("api.release.discussion.pages", "/snapshots/*/discussion", "/snapshots/*/discussion.*"),
    ),
    provides=(
        SHOWS_ROUND.by({"snapshot.made": HowSeen.RELEASED, "snapshot.published": HowSeen.RELEASED}),
        EVENT_TEXTS.by(
            {
                "briefing.changed": "Briefing changed by {who}",
                "briefing.fetched": "Briefing downloaded by {who}",
                "briefing.numbers-confirmed": "Small numbers in a briefing confirmed by {who}",
                "briefing.made": "Briefing created by {who}",
                "snapshot.fetched": "Snapshot downloaded by {who}",
                "snapshot.pack-fetched": "Pack for a team discussion downloaded by {who}",
                "snapshot.made": "Snapshot created by {who}",
                "snapshot.published": "Snapshot published by {who}",
            }
        ),
        MENU.by(
            MenuEntry(
                "Snapshots",
                "/snapshots",
                Permission.READ_SNAPSHOTS,
                Section.REPORTS,
                place=20,
                covers=r"/rounds/[^/]+/snapshot",
            )
        ),
        WORKS.by(WorkOfKind("snapshot", Later("api.release.snapshots.long_work", "MakeSnapshot"))),
    ),
)
