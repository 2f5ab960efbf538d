"""Samples: what this room registers."""

from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.jobs.long_work import WORKS, WorkOfKind
from api.foundation.pages.home_page import FIRST_STEPS
from api.rounds.hooks import NEXT_QUESTIONS, PARTS, STEPS, NextQuestion, Part, Side

FEATURE = Feature(
    routes=(RoutesAt("api.sampling.routes", "/rounds/*/samples", "/samples/*"),),
    pages=(RoutesAt("api.sampling.pages", "/rounds/*/samples/new", "/samples/*"),),
    provides=(
        FIRST_STEPS.by(Later("api.sampling.first_steps", "SAMPLE")),
        EVENT_TEXTS.by(
            {
                "sample.drawn": "Sample drawn by {who}",
                "sample.fetched": "Cases of a sample downloaded by {who}",
            }
        ),
        WORKS.by(WorkOfKind("sample", Later("api.sampling.long_work", "DrawSample"))),
        STEPS.by(Later("api.sampling.round_parts", "drawing")),
        NEXT_QUESTIONS.by(
            NextQuestion(
                Later("api.sampling.round_parts", "size_field"), Later("api.sampling.round_parts", "path_with_size")
            )
        ),
        PARTS.by(Part(Side.BESIDE, Later("api.sampling.round_parts", "samples"))),
    ),
)
