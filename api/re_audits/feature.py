"""Re-audits: what this room registers."""

from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.rounds.hooks import STEPS

FEATURE = Feature(
    routes=(RoutesAt("api.re_audits.routes", "/rounds/*/re-audit"),),
    pages=(RoutesAt("api.re_audits.pages", "/rounds/*/re-audit"),),
    provides=(STEPS.by(Later("api.re_audits.pages", "planning")),),
)
