"""Moderation of the demonstration: of two audits on which feedback had been given, one is changed and one is not."""

import uuid
from collections.abc import Mapping
from typing import Final

from api.audits import actions as audits
from api.demo import words
from api.feedback.sheets import actions as sheets
from api.feedback.sheets.actions import NewSheet
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.moderation import actions as moderation
from api.moderation.actions import AnswerReview, OverallReview
from checklists.audits.feedback import fell_short
from checklists.audits.scoring import overall_judgement
from checklists.reports.tallies import decode_answers
from checklists.templates.scale import NOT_ASKED
from checklists.templates.template import Template
from models import now
from models.storage.database import Database

WHY_RAISED: Final = (
    "The chronology shows what was done about it, and when. The auditor read the file before it was added."
)
WHY_LOWERED: Final = "The visits are recorded, but not what they meant for the child, so the standard is not met."
WHY_OVERALL: Final = "The answers that changed are about one month. The work as a whole is as the auditor judged it."


def moderate_after_feedback(
    database: Database, *, auditor: Actor, moderator: Actor, changed: uuid.UUID, unchanged: uuid.UUID
) -> None:
    """Give feedback on both audits, then moderate them. In one of them a theme that the feedback names no longer falls
    short, and another does.
    """
    for place, audit_id in enumerate((changed, unchanged)):
        new = NewSheet(words.WORKS_WELL[place], words.FEEDBACK[place], local_date(now()))
        with database.writing() as session:
            sheets.write_sheet(session, audit_id=audit_id, new=new, version=0, by=auditor)
        _moderate(database, audit_id, moderator, change=audit_id == changed)


def _moderate(database: Database, audit_id: uuid.UUID, by: Actor, *, change: bool) -> None:
    with database.writing() as session:
        found = audits.find_audit(session, audit_id=audit_id, by=by)
        audit, template = found.audit, found.template
        moderation.start_moderation(session, audit_id=audit_id, version=audit.version, by=by)
        answers = {
            theme: answer for theme, answer in decode_answers(template, audit.answers).items() if answer != NOT_ASKED
        }
        others = _others(template, answers) if change else {}
        reviews = [others.get(theme, AnswerReview(theme, answer)) for theme, answer in answers.items()]
        moderation.review_answers(session, audit_id=audit_id, judgements=reviews, version=audit.version, by=by)
        calculated = overall_judgement(template, {each.theme: each.answer for each in reviews})
        overall = OverallReview(audit.overall_override or calculated or "", WHY_OVERALL)
        moderation.review_overall(session, audit_id=audit_id, review=overall, version=audit.version, by=by)
        moderation.agree_answers(session, audit_id=audit_id, version=audit.version, by=by)


def _others(template: Template, answers: Mapping[str, str]) -> dict[str, AnswerReview]:
    """Reviews by theme: the first answer below the standard is raised to it, and the first that meets it lowered."""
    scale = template.scale
    raised = fell_short(template, answers)[0]
    lowered = next(
        theme for theme, answer in answers.items() if scale.is_rating(answer) and scale.meets_standard(answer)
    )
    return {
        raised: AnswerReview(raised, scale.standard, WHY_RAISED),
        lowered: AnswerReview(lowered, scale.best_below_standard, WHY_LOWERED),
    }
