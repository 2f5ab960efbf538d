"""Anybody who reads a case learns nothing of its other reading until both are handed in: from no answer of the service.

The readers are asked everything twice: while nobody else reads their cases, and again when somebody else does. What
they are answered must be the same, byte by byte, and no word of the other reading may be in it.
"""

import io
import re
import sys
import uuid
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import true, update
from sqlmodel import col, select

import api.access.blindness
from api.access.blindness import check_is_not_reader, reading_shown, visible_under_blind_reading
from api.allocation.actions import Allocation, allocate
from api.audits import actions as audits
from api.audits.case import actions as cases
from api.audits.case.actions import NewCase
from api.audits.complete import actions as complete_audits
from api.audits.complete.known import CompleteAudit
from api.audits.conclusion import actions as conclusions
from api.audits.conclusion.actions import NewConclusion
from api.audits.conversation import actions as conversations
from api.audits.conversation.actions import NewConversation
from api.audits.family_views import actions as family
from api.audits.family_views.actions import NewView
from api.audits.scoring import actions as scores
from api.audits.scoring.actions import NewScore
from api.audits.submission import actions as submissions
from api.audits.theme_notes import actions as theme_notes
from api.audits.theme_notes.actions import NewNote
from api.case_files.actions import NewCaseFile
from api.concerns import actions as concerns
from api.follow_ups.notifying import notify_what_is_due
from api.follow_ups.queries import ShowFollowUps
from api.follow_ups.rule import actions as follow_up_rules
from api.follow_ups.rule.actions import RuleChange as RuleOfFollowUps
from api.foundation.http.security import cookie_name
from api.foundation.permissions import Actor, Permission
from api.foundation.problems import NotAllowed
from api.foundation.settings import Settings
from api.improvement.child_level import actions as child_level
from api.improvement.child_level.actions import NewChildAction
from api.improvement.queries import Show, Worklist
from api.improvement.recommendations import actions as recommendations
from api.improvement.recommendations.actions import NewRecommendation
from api.improvement.reminders.reminding import give_reminders
from api.moderation import comments
from api.odata.catalogue import TABLES
from api.people import actions as people
from api.release.briefings import actions as briefings
from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot
from api.reports.exports import actions as exports
from api.rounds import actions as rounds
from api.rounds import closing
from models import (
    ActionCause,
    ActionKind,
    AgeBand,
    Audit,
    CaseStatus,
    Export,
    ExportState,
    Notice,
    OutboxMessage,
    Person,
    PlannedState,
    ProgrammeRound,
    Role,
    SourceKind,
    now,
)
from tests.audits.beside_template import a_beside_template
from tests.client import Client
from tests.desk import THEMES, Desk, a_desk
from tests.factories import MadePerson, a_person, a_token_for, an_actor, let_in, signed_in
from tests.improvement.acting import a_plan, planned
from tests.odata.feed import basic
from tests.programme.planning import FIRST, a_line, a_programme
from tests.service import service_on
from tests.thorough import chance_of, is_thorough, part_of
from tests.whole_service.matrix import declared, is_feed
from tests.whole_service.rehearsal import Rehearsal

CANARY = "canarywords"
# The readers choose neglect, and anybody who reads their cases too chooses abuse.
FACT = {
    "key": "category",
    "title": "Category",
    "choices": [{"key": "abuse", "label": "Abuse"}, {"key": "neglect", "label": "Neglect"}],
}
COMBINED = Settings(allow_combined_administrator=True)
NEGLECT = NewCase({"category": "neglect"})
READERS: Mapping[str, frozenset[Role]] = {
    "auditor": frozenset({Role.AUDITOR}),
    "moderator": frozenset({Role.AUDITOR, Role.MODERATOR}),
    "lead": frozenset(Role),
}
# What hangs on an audit, as routes name it: a child-level action, an urgent concern, a thread of comments.
BESIDE = ("action_id", "concern_id", "thread_id")
Beside = dict[str, uuid.UUID]
# What is sent where the general body is refused before anything is looked for.
BODIES: Mapping[str, dict[str, Any]] = {
    "/moves": {"move": "finish", "words": "The child was seen."},
    "/due-date": {"due_on": "2030-01-02", "reason": "The school is closed."},
    "/notes": {"words": "The child was seen."},
    "/acknowledge": {"words": "I will see to it now."},
    "/erasure": {"reason": "asked"},
    "/hold": {"reason": "inquiry"},
    "/close": {"outcome": "referred", "done": "The duty team went out."},
}
CASES = ("begun", "handed-in", "withdrawn-by-the-other", "returned")
# What may differ for those who hold every role at once, and what it tells them.
MAY_DIFFER: Mapping[str, str] = {
    "GET /api/v1/events": "An administrator reads the whole trail: kinds and identifiers, never which case it was.",
    "GET /events": "The same as a page.",
}
# Whatever in an answer is new each time it is asked for.
FRESH = re.compile(
    r'"submitted_at":"[^"]*"|name="(?:key|seed)" value="[^"]*"|"seed":"[0-9a-f]{16}"|"mark":"\w+"'
    r"|\('content-length', '\d+'\)|data-asked=\"[^\"]*\"|data-session-absolute=\"\d+\"|less than a minute|\d+ minutes?"
)


@dataclass
class Reader:
    """Somebody with cases of their own, the audits they hold of them, and those that others come to hold."""

    person: MadePerson
    cases: dict[str, uuid.UUID] = field(default_factory=dict)
    own: dict[str, uuid.UUID] = field(default_factory=dict)
    others: dict[str, uuid.UUID] = field(default_factory=dict)
    # Of each case, what hangs on the audit that somebody else comes to hold, by the name that routes give it.
    beside: dict[str, Beside] = field(default_factory=dict)


@dataclass
class Scene:
    """A round with audits of others, three readers, and a closed round with a snapshot and a briefing.

    Practice actions are about gaps of both rounds, and a recommendation about a theme.
    """

    desk: Desk
    # Who comes to read the readers' cases too: of every role that lists and people to ask are made of.
    other: MadePerson
    readers: dict[str, Reader]
    address: dict[str, str]
    clients: dict[str, Client] = field(default_factory=dict)
    # The tokens with which their programs read the data feed.
    feeds: dict[str, str] = field(default_factory=dict)
    # The readers whose cases somebody else has come to read too.
    read_too: set[str] = field(default_factory=set)

    def visible_under_blind_reading(
        self, who: str, *, only: Sequence[str] = (), one_in: int | None = None
    ) -> dict[str, str]:
        """Everything that this reader is answered, by what was asked; `only` of routes that hold one of these words.

        Of the routes one in so many is asked, the others on other days: without `only`, and unless it is said, a fifth.
        """
        reader, seen = self.readers[who], {}
        actor = an_actor(reader.person)
        everything = declared(self.desk.app).items()
        routes = part_of(everything, one_in=one_in or (1 if only else 5), of=f"blindness of {who}")
        for route, permission in routes:
            if (only and not any(part in route for part in only)) or (
                permission != "public" and not actor.may(Permission(permission))
            ):
                continue  # refused at the door, whatever is behind it: the permission matrix has seen to that
            for name, address in self._addresses(route, reader):
                for query in queries_of(route, self.address, self.other.id):
                    asked = f"{route} {name} {query}".strip()
                    seen[asked] = self._ask(who, route, address, query, reader)
        if Role.QUALITY_LEAD in reader.person.roles and not only:
            seen["the file of an export"] = self._export(reader)
        if not only:
            seen["the e-mails and notices"] = self._sent_to(reader)
        return seen

    def _sent_to(self, reader: Reader) -> str:
        with self.desk.database.reading() as session:
            mails = session.exec(select(OutboxMessage).where(col(OutboxMessage.person_id) == reader.person.id))
            given = session.exec(select(Notice).where(col(Notice.person_id) == reader.person.id))
            return f"{sorted(each.about for each in mails)} {sorted(each.kind for each in given)}"

    def _addresses(self, route: str, reader: Reader) -> Iterator[tuple[str, dict[str, str]]]:
        about = next((name for name in BESIDE if f"{{{name}}}" in route), None)
        if about is not None:
            for case in CASES[:2]:
                beside = {name: str(identifier) for name, identifier in reader.beside[case].items()}
                yield f"beside {case}", self.address | {"audit_id": str(reader.others[case])} | beside
            if about == "action_id":
                yield "of a gap", self.address
                yield "of a gap of the closed round", self.address | {"action_id": self.address["closed_action_id"]}
            return
        if "{audit_id}" not in route:
            if not route.startswith("GET "):
                return
            for table in TABLES if "{table}" in route else [""]:
                yield table, self.address | {"case_file_id": str(reader.cases["begun"]), "table": table}
            return
        for case in CASES[:2]:
            yield f"own {case}", self.address | {"audit_id": str(reader.own[case])}
            yield f"other {case}", self.address | {"audit_id": str(reader.others[case])}

    def _ask(self, who: str, route: str, address: Mapping[str, str], query: str, reader: Reader) -> str:
        method, _, path = route.partition(" ")
        filled = re.sub(r"{(\w+)}", lambda name: address[name[1]], path)
        sent: dict[str, Any] = {}
        if method != "GET":
            general = {"reason": "Look again at it.", "version": "2", "field": "rationale", "theme": "voice"}
            body = next((each for ending, each in BODIES.items() if path.endswith(ending)), general)
            sent = {"json": body} if path.startswith("/api/") else {"data": body}
            sent["headers"] = {"If-Match": '"2"', "Idempotency-Key": f"key-{uuid.uuid4()}"}
        if is_feed(route):
            sent["headers"] = basic(self.feeds[who])
        answer = self.clients[who].request(method, filled + query, **sent)
        self.clients[who].cookies.clear()
        headers = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "date"}}
        text = f"{answer.status_code} {sorted(headers.items())} {answer.text}"
        text = text.replace(answer.headers.get("x-request-id", "no number"), "-")
        for case, identifier in reader.others.items():
            text = text.replace(str(identifier), f"other-{case}")
            for name, other in reader.beside[case].items():
                text = text.replace(str(other), f"{name}-{case}")
        return FRESH.sub("", text)

    def _export(self, reader: Reader) -> str:
        own, export_id, database = reader.person.organisation_id, uuid.uuid4(), self.desk.database
        claim = exports.Claim(own, export_id, self.desk.round_id, reader.person.id)
        with database.writing() as session:
            session.add(
                Export(
                    organisation_id=own,
                    id=export_id,
                    round_id=claim.round_id,
                    person_id=claim.person_id,
                    state=ExportState.WRITING,
                )
            )
        content = exports._written(database, claim)
        with database.writing() as session:
            # It would stand in the reader's list the next time.
            session.delete(session.get_one(Export, (own, export_id)))
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "".join(archive.read(name).decode() for name in sorted(archive.namelist()))


# Rooms that show audits by way of something else: actions, recommendations, re-audits, feedback and notices.
NEWEST = (
    *("/actions", "/recommendations", "/re-audit", "/change", "/feedback", "/team-feedback", "/representations"),
    *("/follow-ups", "/follow-up"),
    *(
        "/reflections",
        "/notices",
        "/characteristics",
        "/differences",
        "/proposal",
        "/programmes",
        "/programme-lines",
        "/auditor-register",
    ),
)
# Things that no address leads a reader to in this scene.
UNKNOWN = (
    *("sample_id", "token_id", "export_id", "job_id", "term_id", "case_list_id"),
    *("concern_id", "exercise_id", "thread_id", "reopening_id", "notice_id", "request_id"),
    *("action_id", "recommendation_id", "sheet_id", "erasure_id", "change_id"),
    *("code_id", "finding_id"),
    *("session_id", "passkey_id", "webhook_id"),
    *("agency_id", "joint_round_id", "joint_case_id", "part_id"),
)


def queries_of(route: str, address: Mapping[str, str], somebody: uuid.UUID) -> list[str]:
    """Without any choice, and with those that narrow a list down."""
    one = f"?round={address['round_id']}"
    queries = {
        "GET /audits/of-others": ["", "?limit=1"],
        "GET /api/v1/audits": ["", f"{one}&auditor={somebody}&state=submitted", "?limit=2"],
        "GET /api/v1/audit-statuses": ["", f"?round_id={address['round_id']}"],
        "GET /api/v1/fhir/QuestionnaireResponse": ["", one, "?limit=2"],
        "GET /rounds/{round_id}/allocate": ["", "?reading=2"],
        "GET /rounds/{round_id}/audits": ["", f"?auditor={somebody}&state=submitted"],
        "GET /rounds/{round_id}/answers": [f"?theme={theme}&answer=all" for theme in THEMES[:2]],
        "GET /api/v1/rounds/{round_id}/answers": [f"?theme={theme}&answer=all" for theme in THEMES[:2]],
        "GET /rounds/{round_id}/conclusions": ["", "?part=worries"],
        "GET /api/v1/rounds/{round_id}/conclusions": ["", "?part=worries", "?limit=1"],
        "GET /api/v1/rounds/{round_id}/report.{kind}": ["", "?texts=1"],
        "GET /api/v1/reports/gaps": [one, f"{one}&by=team"],
        "GET /reports/gaps": [one, f"{one}&by=form-of-harm"],
        "GET /api/v1/reports/gaps.csv": [one],
        "GET /api/v1/reports/questions.csv": [one],
    }
    kinds = [f"?kind={kind}&worklist={whose}" for kind in ActionKind for whose in Worklist]
    listed = [*kinds, *(f"?kind=child-level&worklist=all&show={which}" for which in Show)]
    queries |= dict.fromkeys(("GET /actions", "GET /api/v1/actions"), listed)
    shown = [f"?show={which}" for which in ShowFollowUps]
    queries |= dict.fromkeys(("GET /follow-ups", "GET /api/v1/follow-ups"), shown)
    return queries.get(route, [""])


def a_scene(desk: Desk) -> Scene:
    """The scene while every case has one reader, each with a first reading."""
    cast = desk.cast
    readers = {who: a_reader(desk, who) for who in READERS}
    roles = {Role.AUDITOR, Role.MODERATOR, Role.QUALITY_LEAD}
    other = a_person(desk.database, cast.organisation, roles=roles, name="Olive Other")
    closed = a_closed_round(desk)
    follow_what_is_lowest(desk)
    address = {"round_id": desk.round_id, "template_id": desk.template_id}
    address |= {name: uuid.uuid4() for name in UNKNOWN} | closed | improvement_of(desk, closed)
    address |= {"team_id": desk.team_id, "person_id": other.id}
    words = {"number": "1", "kind": "csv", "key": "voice", "slug": "stale", "secret": "none", "page": "help"}
    words |= {"theme": "voice", "theme_key": "voice", "domain_key": "the-child", "part": "words"}
    words |= {"table": "Answers", "rest": "$count"}
    words |= {"domain_at": "0", "theme_at": "0", "question_at": "0", "move": "agree"}
    scene = Scene(desk, other, readers, {name: str(identifier) for name, identifier in address.items()} | words)
    app = service_on(COMBINED, Rehearsal(desk.database.engine))
    for who, reader in readers.items():
        cookie = f"{cookie_name(app.state.settings)}={signed_in(desk.database, reader.person)}"
        headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
        scene.clients[who] = Client(app, headers=headers)
        scene.feeds[who] = a_token_for(desk.database, reader.person).secret
    return scene


def follow_what_is_lowest(desk: Desk) -> None:
    """Every audit that falls short by far is followed up, and a quality lead who reads none of the cases is told."""
    change = RuleOfFollowUps(overall=True, themes=tuple(THEMES), contact_id=desk.cast.lena.id)
    with desk.database.writing() as session:
        follow_up_rules.set_rule(session, round_id=desk.round_id, change=change, version=0, by=an_actor(desk.cast.lena))


def a_reader(desk: Desk, who: str) -> Reader:
    """Somebody of these roles who reads cases alone."""
    person = a_person(desk.database, desk.cast.organisation, roles={Role.AUDITOR}, name=f"Reader {who}")
    reader = Reader(replace(person, roles=READERS[who]))
    for case in CASES:
        reader.beside[case] = {name: uuid.uuid4() for name in BESIDE}
        reader.own[case], reader.others[case] = desk.an_audit(person), uuid.uuid4()
        with desk.database.reading() as session:
            reader.cases[case] = session.get_one(Audit, (person.organisation_id, reader.own[case])).case_file_id
        desk.answer(reader.own[case], "good", *(("voice",) if case == "begun" else ()), by=person)
        with desk.database.writing() as session:
            cases.describe_case(session, audit_id=reader.own[case], new=NEGLECT, version=0, by=an_actor(person))
    todo = NewChildAction("See the child alone.", theme=THEMES[0], owner_post="Team manager", due_days=1)
    with desk.database.writing() as session:
        own = reader.own["handed-in"]
        child_level.propose_child_action(session, audit_id=own, new=todo, by=an_actor(person))
    for case in ("handed-in", "returned"):
        desk.submit(reader.own[case], by=person)
    desk.give_back(reader.own["returned"], "Look again at the plan.")
    with desk.database.writing() as session:
        by = an_actor(desk.cast.ada)
        people.change_person(
            session,
            person_id=person.id,
            name=person.name,
            roles=READERS[who],
            active=True,
            version=people.find_person(session, person_id=person.id, by=by).person.version,
            settings=COMBINED,
            by=by,
        )
        let_in(session, session.get_one(Person, (person.organisation_id, person.id)))
    return reader


def a_closed_round(desk: Desk) -> dict[str, uuid.UUID]:
    """Audits of others in the open round, and a closed one with a snapshot and a briefing."""
    lena, asha = an_actor(desk.cast.lena), desk.cast.asha.id
    done = tuple(NewScore(theme, "good", "Seen.") for theme in THEMES)
    bands = NewCaseFile(desk.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
    before = desk.a_round(title="Winter round")
    with desk.database.writing() as session:
        here = [CompleteAudit(desk.round_id, asha, bands, done, sampling_weight=2.0, case=NEGLECT)] * 4
        complete_audits.record_audits(session, audits=here, by=lena)
        complete_audits.record_audits(
            session, audits=[CompleteAudit(before, asha, bands, done, case=NEGLECT)] * 12, by=lena
        )
        version = rounds.find_round(session, round_id=before, by=lena).version
        closing.close_round(session, round_id=before, version=version, reason="The figures are needed.", by=lena)
        snapshot = snapshots.make_snapshot(session, round_id=before, snapshot=NewSnapshot("For the board"), by=lena)
        briefing = briefings.create_briefing(session, snapshot_id=snapshot.id, title="What we learned", by=lena)
        return {"snapshot_id": snapshot.id, "briefing_id": briefing.id, "closed_round_id": before}


def improvement_of(desk: Desk, closed: Mapping[str, uuid.UUID]) -> dict[str, uuid.UUID]:
    """A practice action about a gap of each round, and a recommendation about a theme of both."""
    gap: dict[str, Any] = {"cause": ActionCause.GAP, "why": "", "themes": ("voice",)}
    rounds_of = {"action_id": desk.round_id, "closed_action_id": closed["closed_round_id"]}
    made = {name: planned(desk, a_plan(desk.cast.asha, round_id=each, **gap)) for name, each in rounds_of.items()}
    today = now().date()
    new = NewRecommendation(
        source_kind=SourceKind.OWN,
        source="Learning of the year",
        source_on=today - timedelta(days=400),
        words="Every child is seen alone.",
        template_id=desk.template_id,
        template_version=1,
        themes=("voice",),
        owner_post="Head of Service",
        due_on=today + timedelta(days=30),
    )
    with desk.database.writing() as session:
        recommendation = recommendations.record_recommendation(session, new=new, by=an_actor(desk.cast.lena))
    return made | {"recommendation_id": recommendation.id} | programme_of(desk)


def programme_of(desk: Desk) -> dict[str, uuid.UUID]:
    """An audit programme with a line from which the open round was planned."""
    made = {"programme_id": a_programme(desk)}
    made["line_id"] = a_line(desk, made["programme_id"])
    row = ProgrammeRound(
        organisation_id=desk.cast.organisation.id,
        line_id=made["line_id"],
        starts_on=FIRST,
        state=PlannedState.MADE,
        expected=6,
        round_id=desk.round_id,
    )
    with desk.database.writing() as session:
        session.add(row)
    return made


def let_others_read(scene: Scene, who: str, word: str) -> None:
    """Give the cases another reader. But for what is handed in, what the first one holds is then the second reading."""
    scene.read_too.add(who)
    reader = scene.readers[who]
    desk, lena = scene.desk, an_actor(scene.desk.cast.lena)
    for case in CASES:
        is_second = case == "handed-in"
        with desk.database.writing() as session:
            if not is_second:
                session.execute(update(Audit).where(col(Audit.id) == reader.own[case]).values(reading=2))
            allocation = Allocation(reader.cases[case], scene.other.id, 2 if is_second else 1)
            other = allocate(session, round_id=desk.round_id, allocation=allocation, by=lena).id
        reader.others[case] = other
        reader.beside[case] |= write_everything(desk, other, word, by=scene.other, owner=reader.person)
        if not is_second:
            desk.submit(other, by=scene.other)
            reader.beside[case]["thread_id"] = comment_on(desk, other, f"{word}?")
        if case == "withdrawn-by-the-other":
            with desk.database.writing() as session:
                version = session.get_one(Audit, (lena.organisation_id, other)).version
                submissions.withdraw(session, audit_id=other, reason=f"{word}.", version=version, by=lena)
    remind_of_everything(desk)


def remind_of_everything(desk: Desk) -> None:
    """Give every reminder of an action that is long overdue, to its owner and to people it is escalated to; and the
    notices of follow-ups that are due.
    """
    give_reminders(desk.database, today=now().date() + timedelta(days=90))
    notify_what_is_due(desk.database, today=now().date() + timedelta(days=90))


def write_everything(desk: Desk, audit_id: uuid.UUID, word: str, *, by: MadePerson, owner: MadePerson) -> Beside:
    """Write everything that an auditor can write of an audit, each with this word; the action is for this owner."""
    actor = an_actor(by)
    answers = [
        NewScore(theme, "inadequate", word, f"{word} again", f"{word}, page 3", sources=["worker"]) for theme in THEMES
    ]
    with desk.database.writing() as session:
        scores.score_themes(session, audit_id=audit_id, scores=answers, by=actor)
        concluded = NewConclusion([word, f"{word} again", f"{word} soon", f"{word} said"])
        conclusions.write_conclusion(session, audit_id=audit_id, new=concluded, version=0, by=actor)
        described = NewCase({"category": "abuse"}, f"{word} in short")
        cases.describe_case(session, audit_id=audit_id, new=described, version=0, by=actor)
        talk = NewConversation(now().date(), ("worker",), ("caseload",), f"{word} in the way")
        conversations.write_conversation(session, audit_id=audit_id, new=talk, version=0, by=actor)
        heard = {"child": NewView("visit", answers={"listened": "no"}, words=f"{word} was heard")}
        family.write_family_views(session, audit_id=audit_id, new=heard, version=0, by=actor)
        noted = {THEMES[0]: NewNote(f"{word} done well", f"{word} to develop", exemplary=True)}
        theme_notes.write_theme_notes(session, audit_id=audit_id, new=noted, version=0, by=actor)
        todo = NewChildAction(f"{word} must be done.", "voice", owner.id, due_days=3)
        action = child_level.propose_child_action(session, audit_id=audit_id, new=todo, by=actor)
        danger = {"person_id": desk.cast.mo.id, "words": f"{word} was left alone.", "hours": 4}
        concern = concerns.raise_concern(session, audit_id=audit_id, by=actor, **danger)  # type: ignore[arg-type]
        return {"action_id": action.id, "concern_id": concern.id}


def comment_on(desk: Desk, audit_id: uuid.UUID, words: str) -> uuid.UUID:
    """A moderator begins a thread about an audit."""
    with desk.database.writing() as session:
        return comments.add_comment(session, audit_id=audit_id, words=words, by=an_actor(desk.cast.mo)).id


@pytest.fixture
def readings(desk: Desk) -> dict[str, uuid.UUID]:
    """One case with two readings, Asha's and Ben's, both complete and neither submitted."""
    lena, first = an_actor(desk.cast.lena), desk.an_audit()
    with desk.database.writing() as session:
        case = session.get_one(Audit, (lena.organisation_id, first)).case_file_id
        second = allocate(session, round_id=desk.round_id, allocation=Allocation(case, desk.cast.ben.id, 2), by=lena).id
    desk.answer(first)
    desk.answer(second, by=desk.cast.ben)
    return {"asha": first, "ben": second}


def seen_by(desk: Desk, readings: Mapping[str, uuid.UUID]) -> dict[str, set[str]]:
    """Which of the readings are there for each reader, and for a lead and a program, who read nothing."""
    people = {"asha": desk.cast.asha.id, "ben": desk.cast.ben.id, "lena": desk.cast.lena.id, "program": None}
    with desk.database.reading() as session:
        found = {
            who: set(session.exec(select(col(Audit.id)).where(visible_under_blind_reading(person))))
            for who, person in people.items()
        }
    return {who: {name for name, audit_id in readings.items() if audit_id in ids} for who, ids in found.items()}


ALL = {"asha", "ben"}
BLIND = {"asha": {"asha"}, "ben": {"ben"}, "lena": ALL, "program": ALL}


@pytest.mark.both_databases
def test_each_reader_is_blind_until_both_have_submitted(desk: Desk, readings: dict[str, uuid.UUID]) -> None:
    assert seen_by(desk, readings) == BLIND
    desk.submit(readings["asha"])
    assert seen_by(desk, readings) == BLIND
    desk.submit(readings["ben"], by=desk.cast.ben)
    assert seen_by(desk, readings) == dict.fromkeys(BLIND, ALL)
    desk.give_back(readings["asha"], "Look again.")
    assert seen_by(desk, readings) == BLIND


@pytest.mark.both_in_trials
def test_a_reading_of_ones_own_that_is_withdrawn_makes_nobody_blind(desk: Desk, readings: dict[str, uuid.UUID]) -> None:
    with desk.database.writing() as session:
        version = session.get_one(Audit, (desk.cast.organisation.id, readings["ben"])).version
        submissions.withdraw(
            session, audit_id=readings["ben"], reason="Moved.", version=version, by=an_actor(desk.cast.ben)
        )
    # Asha has not submitted, and so learns nothing of Ben's.
    assert seen_by(desk, readings) == {**BLIND, "ben": ALL}


@pytest.mark.both_in_trials
def test_in_a_closed_round_nothing_is_hidden(desk: Desk, readings: dict[str, uuid.UUID]) -> None:
    desk.close_round()
    assert seen_by(desk, readings) == dict.fromkeys(BLIND, ALL)


@pytest.mark.both_in_trials
def test_nobody_is_told_whether_theirs_is_the_first_reading_and_no_reader_sees_to_the_other(
    desk: Desk, readings: dict[str, uuid.UUID]
) -> None:
    lena, ben, asha = an_actor(desk.cast.lena), an_actor(desk.cast.ben), desk.cast.asha.id
    with desk.database.reading() as session:
        second = session.get_one(Audit, (desk.cast.organisation.id, readings["ben"]))
    assert (reading_shown(lena, second), reading_shown(ben, second)) == (2, None)
    check_is_not_reader(lena, [asha, ben.id])
    check_is_not_reader(Actor(lena.organisation_id, token_id=uuid.uuid4()), [asha])
    for readers in ([asha, ben.id], [str(ben.id)]):
        with pytest.raises(NotAllowed, match="You read this case yourself"):
            check_is_not_reader(ben, readers)


@pytest.fixture(scope="module")
def scene(shared_database_url: str) -> Iterator[Scene]:
    template = a_beside_template(case_facts=[FACT])
    with a_desk(shared_database_url, template=template) as desk, ExitStack() as stack:
        made = a_scene(desk)
        # One portal for each, opened once: a client that is not entered opens one for every request.
        for client in made.clients.values():
            stack.enter_context(client)
        yield made


@pytest.mark.both_databases
def test_nothing_that_a_reader_is_answered_tells_of_the_other_reading(
    scene: Scene, database_kind: str, record_property: Any
) -> None:
    """Whoever holds every role and one of the others, another one each day, at a third of the routes; `make trials`
    asks as all of them everywhere."""
    # On PostgreSQL a lead is asked of the newest rooms: all of it takes minutes, and other tests ask of audits on both.
    others = [who for who in READERS if who != "lead"]
    drawn = others if is_thorough() else [chance_of("blindness").choice(others)]
    asked: Mapping[str, Sequence[str]] = (
        dict.fromkeys((*drawn, "lead"), ()) if database_kind == "sqlite" else {"lead": NEWEST}
    )
    for who, only in asked.items():
        with pytest.MonkeyPatch.context() as monkeypatch:
            told = _told(scene, who, monkeypatch, only=only)
        record_property("figure", f"Blindness on {database_kind}, {who}: {told}")


def _told(scene: Scene, who: str, monkeypatch: pytest.MonkeyPatch, *, only: Sequence[str]) -> str:
    """How many answers were held against each other. AssertionError when one tells of the other reading."""
    word = f"{CANARY}-{who}"
    remind_of_everything(scene.desk)
    alone = scene.visible_under_blind_reading(who, only=only)
    let_others_read(scene, who, word)
    with_others = scene.visible_under_blind_reading(who, only=only)

    assert alone.keys() == with_others.keys()
    allowed = MAY_DIFFER if who == "lead" else {}
    told = [each for each in alone if alone[each] != with_others[each] and each not in allowed]
    words = [each for each in alone if word in with_others[each].lower()]
    number = f"{len(alone):,} answers, {len(told)} differ, {len(words)} with a word of the other reading"
    assert told == []
    assert words == []
    assert sum(answer.startswith("200") for answer in alone.values()) > 20

    # Nothing was found because of the rule, and not because nothing was looked at.
    without_the_rule(monkeypatch)
    if who != "auditor" and not only:  # auditors read their own audits alone, whatever the rule
        seen = scene.visible_under_blind_reading(who, only=["/api/v1/audits"])
        assert any(word in answer.lower() for answer in seen.values())
        assert sum(seen[each] != with_others[each] for each in seen.keys() & with_others.keys()) > 3
    if who != "auditor":
        followed = scene.visible_under_blind_reading(who, only=["/follow-up"])
        of_others = [answer for asked, answer in followed.items() if "{audit_id}/follow-up other" in asked]
        assert any(answer.startswith("200") for answer in of_others) is (who == "lead")
        acted = scene.visible_under_blind_reading(who, only=["/actions"])
        assert any(word in answer.lower() for asked, answer in acted.items() if "kind=child-level" in asked)
        assert any(word in answer.lower() for asked, answer in acted.items() if "{action_id}" in asked)
    return number


def without_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = api.access.blindness.visible_under_blind_reading
    for name, module in list(sys.modules.items()):
        if name.startswith("api.") and getattr(module, "visible_under_blind_reading", None) is rule:
            monkeypatch.setattr(module, "visible_under_blind_reading", lambda _: true())
    # Lists of actions ask once which readings it hides.
    hidden = api.access.blindness.every_hidden_reading
    for name, module in list(sys.modules.items()):
        if name.startswith("api.") and getattr(module, "every_hidden_reading", None) is hidden:
            monkeypatch.setattr(module, "every_hidden_reading", lambda *_: ())
    # The query that was made once, with the rule in it.
    monkeypatch.setattr(audits, "_OF_PERSON", audits._OF_ORGANISATION)


def test_when_both_are_in_each_is_there_for_whoever_may_read_it(scene: Scene) -> None:
    reader = scene.readers["lead"]
    if "lead" not in scene.read_too:
        let_others_read(scene, "lead", CANARY)
    theirs = f"/audits/{reader.others['handed-in']}"
    assert scene.clients["lead"].get(theirs).status_code == 404
    scene.desk.submit(reader.others["handed-in"], by=scene.other)
    assert scene.clients["lead"].get(theirs).status_code == 200
