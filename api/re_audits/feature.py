"""Re-audits: what this room registers."""

from api.foundation.feature import Feature
from api.re_audits import pages, routes
from api.rounds.hooks import STEPS

FEATURE = Feature(
    routes=(routes.router,),
    pages=(pages.router,),
    provides=(STEPS.by(pages.planning),),
)
