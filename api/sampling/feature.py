"""Samples: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.jobs.long_work import WORKS
from api.foundation.pages.start_page import FIRST_STEPS
from api.rounds.hooks import NEXT_QUESTIONS, PARTS, STEPS, NextQuestion, Part, Side
from api.sampling import first_steps, round_parts
from api.sampling.long_work import DrawSample

FEATURE = Feature(
    routes=(RoutesAt("api.sampling.routes", "/rounds/*/samples", "/samples/*"),),
    pages=(RoutesAt("api.sampling.pages", "/rounds/*/samples/new", "/samples/*"),),
    provides=(
        FIRST_STEPS.by(first_steps.SAMPLE),
        EVENT_TEXTS.by(
            {
                "sample.drawn": "Sample drawn by {who}",
                "sample.fetched": "Cases of a sample downloaded by {who}",
            }
        ),
        WORKS.by(DrawSample),
        STEPS.by(round_parts.drawing),
        NEXT_QUESTIONS.by(NextQuestion(round_parts.size_field, round_parts.path_with_size)),
        PARTS.by(Part(Side.BESIDE, round_parts.samples)),
    ),
)
