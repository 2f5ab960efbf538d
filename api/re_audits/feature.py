"""Re-audits: what this room registers."""

from api.foundation.feature import Feature, RoutesAt
from api.re_audits import pages
from api.rounds.hooks import STEPS

FEATURE = Feature(
    routes=(RoutesAt("api.re_audits.routes", "/rounds/*/re-audit"),),
    pages=(pages.router,),
    provides=(STEPS.by(pages.planning),),
)
