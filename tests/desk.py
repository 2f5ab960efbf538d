"""An auditor's desk for tests: an open round, a template of two learning domains, and audits of made-up case files."""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import timedelta
from functools import cache, partial
from typing import Any

from fastapi import FastAPI
from sqlmodel import col, select

from api.allocation.actions import Allocation, allocate
from api.audit_templates import actions as templates
from api.audits import actions as audits
from api.audits.actions import ReadAudit
from api.audits.conclusion import actions as conclusions
from api.audits.conclusion.actions import NewConclusion
from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from api.audits.submission import actions as submissions
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.rounds import actions as rounds
from api.rounds import closing
from api.rounds.actions import RoundPlan
from checklists.templates.library import load_library_template
from checklists.templates.template import Template as TemplateContent
from checklists.templates.template_file import check_template
from models import AgeBand, CaseStatus, Event, Round, now
from models.storage.database import Database, open_database
from tests.client import Client
from tests.factories import Cast, MadePerson, a_cast, a_team, an_actor, client_for
from tests.kept import kept
from tests.service import service_on, settings_for
from tests.writing_times import filling_for_a_test

WORDS = ("rationale", "impact", "evidence")
SMALL: Mapping[str, Any] = {
    "format": "caseaudit-template/1",
    "key": "small",
    "title": "A small template",
    "scale": {
        "ratings": [
            {"key": "outstanding", "label": "Outstanding"},
            {"key": "good", "label": "Good"},
            {"key": "requires-improvement", "label": "Requires improvement"},
            {"key": "inadequate", "label": "Inadequate"},
        ],
        "standard": "good",
    },
    "forms_of_harm": [{"key": "neglect", "label": "Neglect"}, {"key": "sexual-abuse", "label": "Sexual abuse"}],
    "learning_domains": [
        {
            "key": "the-child",
            "title": "The child",
            "themes": [
                {
                    "key": "voice",
                    "title": "Voice of the child",
                    "prompts": ["Was the child seen alone?"],
                    "descriptors": {"good": "The child was seen alone and heard."},
                    "not_applicable_when": "Right only when there was no visit in the period.",
                    "forms_of_harm": ["neglect"],
                },
                {"key": "daily-life", "title": "Daily life", "prompts": ["What is an ordinary day like?"]},
            ],
        },
        {
            "key": "practice",
            "title": "Practice",
            "themes": [
                {"key": "planning", "title": "Planning", "prompts": ["Is there a plan?"]},
                {"key": "challenge", "title": "Challenge", "prompts": ["Who asked the hard question?"]},
            ],
        },
    ],
}
OF_A_COPY = {"app", "database", "clients"}
THEMES = ("voice", "daily-life", "planning", "challenge")


@dataclass
class Desk:
    """The service with its cast, one open round, and ways to fill Asha's desk and to look at what is stored."""

    app: FastAPI
    database: Database
    cast: Cast
    template: TemplateContent
    template_id: uuid.UUID
    team_id: uuid.UUID
    round_id: uuid.UUID = field(default_factory=uuid.uuid4)
    filled: Any = None
    clients: list[Client] = field(default_factory=list)

    def a_round(
        self,
        *,
        title: str = "Spring round",
        due_in_days: int = 10,
        opened: bool = True,
        target_percent: int | None = 90,
        follows_id: uuid.UUID | None = None,
        scope: tuple[str, ...] = (),
        template_version: int = 1,
    ) -> uuid.UUID:
        today = now().date()
        plan = RoundPlan(
            title=title,
            template_id=self.template_id,
            template_version=template_version,
            period_from=today - timedelta(days=100),
            period_to=today - timedelta(days=60),
            due_on=today + timedelta(days=due_in_days),
            target_percent=target_percent,
            follows_id=follows_id,
            scope=scope,
        )
        lena = an_actor(self.cast.lena)
        with self.database.writing() as session:
            made = rounds.create_round(session, plan=plan, by=lena)
            if opened:
                # Tests allocate later, or record complete audits: so it is opened as a round that is filled elsewhere.
                rounds.open_round(session, round_id=made.id, version=made.version, recorded_elsewhere=True, by=lena)
            return made.id

    def publish_next_version(self, content: TemplateContent) -> None:
        """Publish this as the second version of the desk's template."""
        lena = an_actor(self.cast.lena)
        with self.database.writing() as session:
            made = templates.new_version(session, template_id=self.template_id, from_number=1, by=lena).version
            draft: dict[str, Any] = {"template_id": self.template_id, "number": made.number, "by": lena}
            changed = templates.change_draft(session, content=content, version=made.version, **draft)
            templates.publish_version(session, version=changed.version.version, **draft)

    def close_round(self) -> None:
        with self.database.writing() as session:
            version = session.get_one(Round, (self.cast.organisation.id, self.round_id)).version
            closing.close_round(
                session,
                round_id=self.round_id,
                version=version,
                reason="The figures are needed.",
                by=an_actor(self.cast.lena),
            )

    def an_audit(
        self,
        auditor: MadePerson | None = None,
        *,
        round_id: uuid.UUID | None = None,
        reference: str | None = None,
        harms: tuple[str, ...] = ("neglect",),
    ) -> uuid.UUID:
        """An audit of a new case file, by default on Asha's desk."""
        auditor = auditor or self.cast.asha
        lena = an_actor(self.cast.lena)
        new = NewCaseFile(
            self.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9, forms_of_harm=harms, reference=reference
        )
        with self.database.writing() as session:
            case = case_files.create_case_file(session, case_file=new, by=lena).case_file
            made = allocate(
                session, round_id=round_id or self.round_id, allocation=Allocation(case.id, auditor.id), by=lena
            )
            return made.id

    def answer(
        self, audit_id: uuid.UUID, answer: str = "good", *themes: str, rationale: str = "", by: MadePerson | None = None
    ) -> None:
        """Give these themes an answer, by default all of them."""
        new = [NewScore(theme, answer, rationale=rationale) for theme in themes or self.template.theme_keys]
        with self.database.writing() as session:
            scores.score_themes(session, audit_id=audit_id, scores=new, by=an_actor(by or self.cast.asha))

    def conclude(self, audit_id: uuid.UUID, *texts: str, by: MadePerson | None = None) -> None:
        """Write a conclusion: what works well, what worries us, what needs to happen, feedback."""
        with self.database.writing() as session:
            conclusions.write_conclusion(
                session, audit_id=audit_id, new=NewConclusion(texts), version=0, by=an_actor(by or self.cast.asha)
            )

    def submit(self, audit_id: uuid.UUID, by: MadePerson | None = None) -> None:
        actor = an_actor(by or self.cast.asha)
        with self.database.writing() as session:
            version = audits.find_audit(session, audit_id=audit_id, by=actor).audit.version
            submissions.submit_audit(session, audit_id=audit_id, version=version, by=actor)

    def give_back(self, audit_id: uuid.UUID, reason: str) -> None:
        lena = an_actor(self.cast.lena)
        with self.database.writing() as session:
            version = audits.find_audit(session, audit_id=audit_id, by=lena).audit.version
            submissions.return_to_auditor(session, audit_id=audit_id, reason=reason, version=version, by=lena)

    def find(self, audit_id: uuid.UUID) -> ReadAudit:
        with self.database.reading() as session:
            return audits.find_audit(session, audit_id=audit_id, by=an_actor(self.cast.lena))

    def stored(self, audit_id: uuid.UUID) -> dict[str, tuple[str, str, str, str]]:
        """Answer, rationale, impact and evidence of every theme that has an answer."""
        found = self.find(audit_id).scores
        return {theme: (row.answer, row.rationale, row.impact, row.evidence) for theme, row in found.items()}

    def events(self) -> list[str]:
        with self.database.reading() as session:
            return [event.kind for event in session.exec(select(Event).order_by(col(Event.at), col(Event.number)))]

    def details(self, kind: str) -> list[dict[str, Any]]:
        """The details of every event of this kind, oldest first."""
        with self.database.reading() as session:
            found = session.exec(select(Event).where(Event.kind == kind).order_by(col(Event.number)))
            return [json.loads(event.details) for event in found]

    def change(self, action: Callable[..., Any], audit_id: uuid.UUID, by: str = "mo", **given: Any) -> None:
        """Let this person do something to the newest version of an audit."""
        version = self.find(audit_id).audit.version
        with self.database.writing() as session:
            action(session, audit_id=audit_id, version=version, by=an_actor(getattr(self.cast, by)), **given)

    def complete(self, **more: Any) -> dict[str, Any]:
        """A complete audit by Asha, all Good, as another system would send it."""
        return {
            "round_id": str(self.round_id),
            "auditor_id": str(self.cast.asha.id),
            "case_file": {"team_id": str(self.team_id), "status": "child-in-need", "age_band": "5-to-9"},
            "scores": [{"theme": theme, "answer": "good"} for theme in self.template.theme_keys],
            **more,
        }

    def browser(self, person: MadePerson) -> Client:
        client = client_for(self.app, person)
        self.clients.append(client)
        return client


@contextmanager
def a_desk(
    url: str,
    *,
    template: TemplateContent | None = None,
    opened: bool = True,
    fill: Callable[["Desk"], object] | None = None,
) -> Iterator[Desk]:
    """The service on this empty database, with the small template unless another is given, its round open or planned.

    On PostgreSQL the database is made here, whether there is one at the URL or not.

    It is made once a run for each template, filling and hour, and copied from then on. `fill`, a function of a module,
    puts onto it what all tests of a file begin with; what it answers, which can be pickled, is in `filled`.
    """
    content = template or _small_template()
    what = f"{content.model_dump_json()} {opened} {_name_of(fill) if fill is not None else ''}"
    found = kept(url, what, partial(_make_desk, content=content, opened=opened, fill=fill))
    found.copy_to(url)
    database = open_database(url)
    desk = Desk(service_on(settings_for(url), database), database, **found.made)
    yield desk
    for client in desk.clients:
        client.close()
    desk.database.close()


@cache
def _small_template() -> TemplateContent:
    return check_template(SMALL)


def _make_desk(
    url: str, *, content: TemplateContent, opened: bool, fill: Callable[[Desk], object] | None
) -> dict[str, Any]:
    """Put a desk onto the empty database; what is known of it, but for the service and the database."""
    desk = _new_desk(url, content, opened=opened)
    if fill is not None:
        with filling_for_a_test():
            desk.filled = fill(desk)
    for client in desk.clients:
        client.close()
    desk.database.close()
    return {each.name: getattr(desk, each.name) for each in fields(desk) if each.name not in OF_A_COPY}


def _new_desk(url: str, content: TemplateContent, *, opened: bool) -> Desk:
    database = open_database(url)
    app = service_on(settings_for(url), database)
    cast = a_cast(database)
    lena = an_actor(cast.lena)
    with database.writing() as session:
        made = templates.create_template(session, content=content, by=lena)
        templates.publish_version(
            session, template_id=made.version.template_id, number=1, version=made.version.version, by=lena
        )
        template_id = made.version.template_id
    team = a_team(database, cast.organisation, "North locality")
    desk = Desk(app, database, cast, content, template_id, team.id)
    desk.round_id = desk.a_round(opened=opened, target_percent=90 if content.graded else None)
    return desk


def _name_of(fill: Callable[[Desk], object]) -> str:
    """What tells one filling from another."""
    name: str = fill.__qualname__
    assert "<" not in name, "a lambda, or a function within another, is not told by its name"
    return f"{fill.__module__}.{name}"


def built_in_template() -> TemplateContent:
    """The built-in template under a key of its own, since every organisation begins with the original."""
    return load_library_template("scr-themes", 2).model_copy(update={"key": "scr-themes-again"})
