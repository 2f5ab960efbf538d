"""Audits of the demonstration: what its synthetic auditors find, recorded by the actions that people use."""

import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlmodel import Session

from api.audits import actions as audits
from api.audits.case import actions as cases
from api.audits.case.actions import NewCase
from api.audits.conclusion import actions as conclusions
from api.audits.conclusion.actions import NewConclusion
from api.audits.conversation import actions as conversations
from api.audits.conversation.actions import NewConversation
from api.audits.family_views import actions as family_views
from api.audits.scoring import actions as scores
from api.audits.scoring.judgement import OwnJudgement
from api.audits.submission import actions as submissions
from api.audits.theme_notes import actions as theme_notes
from api.demo import words
from api.demo.answering import Answers, AuditedCase, answer_all, judge, notes_on_themes, views_of_family
from api.foundation.permissions import Actor
from checklists.audits.conversation import Participant
from checklists.templates.template import Template
from models import AgeBand, Audit, AuditMode, CaseStatus
from models.storage.database import Database


@dataclass(frozen=True, slots=True)
class Reading:
    """An audit that somebody does. `place`: its number in its round; `done_by`: when the round is due.

    `below`: how often practice falls short, by theme, where it is otherwise than usual.
    """

    actor: Actor
    audit_id: uuid.UUID
    place: int
    done_by: date
    below: Mapping[str, float] = field(default_factory=dict)


def audit_case(
    database: Database,
    chance: random.Random,
    template: Template,
    reading: Reading,
    team_names: dict[uuid.UUID, str],
    *,
    share: float = 1.0,
) -> None:
    """Do a whole audit and submit it; or answer the first share of its themes."""
    with database.writing() as session:
        found = audits.find_audit(session, audit_id=reading.audit_id, by=reading.actor)
        audit, case_file = found.audit, found.case_file
        case = AuditedCase(
            team_names[case_file.team_id],
            CaseStatus(case_file.status),
            AgeBand(case_file.age_band),
            frozenset(found.involves),
            audit.mode,
            reading.below,
        )
        answers = answer_all(chance, template, case)
        _describe_case(session, chance, template, reading, answers)
        some = answers.scores[: max(1, round(share * len(answers.scores)))]
        scores.score_themes(session, audit_id=reading.audit_id, scores=some, by=reading.actor)
        if share < 1.0:
            return
        _write_beside(session, chance, template, reading, case, answers)
        first, final = judge(chance, template, answers.of_themes(template))
        if first != final.overall:
            _choose_judgement(
                session, audit, OwnJudgement(first, chance.choice(words.JUDGEMENTS[first])), reading.actor
            )
        _choose_judgement(session, audit, final, reading.actor)
        submissions.submit_audit(session, audit_id=audit.id, version=audit.version, by=reading.actor)


def _describe_case(
    session: Session, chance: random.Random, template: Template, reading: Reading, answers: Answers
) -> None:
    new = NewCase(answers.facts, chance.choice(words.SYNOPSES) if template.further.synopsis else "")
    cases.describe_case(session, audit_id=reading.audit_id, new=new, version=0, by=reading.actor)


def _write_beside(
    session: Session,
    chance: random.Random,
    template: Template,
    reading: Reading,
    case: AuditedCase,
    answers: Answers,
) -> None:
    """Record the conversation, the views of the family, notes on themes and a conclusion, as far as they are asked."""
    audit_id, by, place = reading.audit_id, reading.actor, reading.place
    if template.further.conversation and case.mode is AuditMode.WITH_PRACTITIONER:
        conversations.write_conversation(
            session, audit_id=audit_id, new=_conversation(chance, template, reading), version=0, by=by
        )
    if template.further.family_views:
        views = views_of_family(chance, template, case)
        family_views.write_family_views(session, audit_id=audit_id, new=views, version=0, by=by)
    notes = notes_on_themes(chance, template, answers.scores, place)
    theme_notes.write_theme_notes(session, audit_id=audit_id, new=notes, version=0, by=by)
    conclusions.write_conclusion(session, audit_id=audit_id, new=_conclusion(chance, place), version=0, by=by)


def _conversation(chance: random.Random, template: Template, reading: Reading) -> NewConversation:
    obstacles = chance.sample([each.key for each in template.obstacles], chance.choice([0, 1, 1, 2]))
    with_manager = (Participant.WORKER, Participant.MANAGER) if chance.random() < 0.5 else (Participant.WORKER,)
    return NewConversation(
        held_on=reading.done_by - timedelta(days=chance.randint(15, 40)),
        took_part=with_manager,
        obstacles=obstacles,
        obstacle_words=chance.choice(words.OBSTACLES) if obstacles else "",
    )


def _conclusion(chance: random.Random, place: int) -> NewConclusion:
    """The minutes of every audit; texts of most, and not every one gives feedback."""
    minutes = 5 * chance.randint(12, 30)
    if place % 4 == 3:
        return NewConclusion(minutes=minutes)
    parts = (words.WORKS_WELL, words.WORRIES, words.NEEDS_TO_HAPPEN, words.FEEDBACK if place % 3 else ("",))
    return NewConclusion([texts[place // 2 % len(texts)] for texts in parts], minutes=minutes)


def _choose_judgement(session: Session, audit: Audit, own: OwnJudgement, by: Actor) -> None:
    scores.change_audit(
        session,
        audit_id=audit.id,
        mode=audit.mode,
        overall_override=own.overall,
        override_reason=own.reason,
        cap_reason=own.cap_reason,
        version=audit.version,
        by=by,
    )
