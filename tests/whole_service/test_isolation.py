"""What belongs to another organisation is as if it were not there, and nobody says for themselves where they belong."""

import random
import re
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

import httpx2
import pytest
from sqlalchemy import Enum, String, func, select
from sqlmodel import AutoString, Session, SQLModel, col
from sqlmodel import select as select_model

from api.app import create_app
from api.fhir import names
from api.foundation.permissions import Actor
from api.foundation.problems import NotFound
from api.foundation.settings import Settings
from api.people.teams import actions as teams
from models import Team
from models.storage.database import Database
from tests.client import Client
from tests.thorough import chance_of, many, part_of
from tests.whole_service.council import Thing
from tests.whole_service.matrix import CANARY, Stage, actors, rules, usable
from tests.whole_service.minimal_requests import FORMS, JSON, path_of, request_of

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
INSIDERS = tuple(actor for actor in actors() if actor not in {"anonymous", "narrow-token", "outsider"})
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Of the routes that look a thing up, one in so many is asked, and of what is refused before anything is looked up.
LOOKED_UP = 6
REFUSED_ALIKE = 4


Record = Callable[[str, object], None]


def seen(answer: httpx2.Response, *made_up: str) -> tuple[int, str, dict[str, str]]:
    """What tells one answer from another: all but the number of the request and the identifiers that were sent."""
    number = answer.headers["x-request-id"]
    hidden = (number, *made_up)

    def without(text: str) -> str:
        text = re.sub(r'data-session-absolute="[0-9]+"', "", text)
        for each in hidden:
            text = text.replace(each, "-")
        return text

    headers = {name: without(value) for name, value in answer.headers.items() if name != "content-length"}
    return answer.status_code, without(answer.text), headers


def missing_like(thing: Thing) -> Thing:
    """An address like that of the thing, at which there is nothing in any organisation."""
    return replace(thing, address={name: UUID.sub(str(uuid.uuid4()), value) for name, value in thing.address.items()})


def told_apart(
    stage: Stage, actor: str, kinds: Collection[str] = (), *, most_of_a_kind: int | None = None
) -> tuple[int, list[str]]:
    """Ask for things of another organisation and for nothing: how many were asked for, and which were told apart.

    Of each kind, so many are asked for on one route in LOOKED_UP, drawn by the seed of this run. Where nothing is
    looked up, since the actor is stopped at the door or the path does not take the method, it is one, on one path in
    REFUSED_ALIKE.
    """
    chance = chance_of("isolation")
    paths = {
        rule.route.partition(" ")[2]: rule.thing
        for rule in rules().values()
        if rule.thing not in {"", "link", "feedback-link"}
    }
    cases, apart = 0, []
    for path, kind in paths.items():
        if kinds and kind not in kinds:
            continue
        taken = [f"{verb} {path}" for verb in VERBS if f"{verb} {path}" in rules()]
        others = [f"{verb} {path}" for verb in VERBS if f"{verb} {path}" not in rules()]
        looked_up = [route for route in taken if not rules()[route].stops_at_the_door(actor)]
        refused = [each for each in (*taken, *others) if each not in looked_up]
        if most_of_a_kind is not None:
            one = chance.choice(refused)
            refused = part_of([one], one_in=REFUSED_ALIKE, of=f"isolation of {actor} {path}")
        if most_of_a_kind is not None and not kinds:
            looked_up = part_of(looked_up, one_in=LOOKED_UP, of=f"looked up by {actor} {path}")
        for route in [*looked_up, *refused]:
            things = list(stage.elsewhere.of(kind, actor="integration"))
            chance.shuffle(things)
            for thing in things[: most_of_a_kind if route in looked_up else 1]:
                request = request_of(route, stage.home, thing) if route in rules() else {}
                nothing = missing_like(thing)
                theirs = stage.send(actor, route, thing, request)
                nobodys = stage.send(actor, route, nothing, request)
                cases += 1
                told = seen(theirs, *thing.address.values())
                same = told == seen(nobodys, *nothing.address.values())
                if not same or theirs.status_code < 400 or CANARY in told[1].lower():
                    apart.append(f"{route} ({' '.join(thing.state)})")
    return cases, apart


@pytest.mark.parametrize("actor", ["every-role", "integration"])
def test_a_thing_of_another_organisation_answers_as_one_that_does_not_exist(
    stage: Stage, actor: str, database_kind: str, record_property: Record
) -> None:
    """One of each kind on a sixth of the routes, others each day; the trial below asks for all of them."""
    cases, apart = told_apart(stage, actor, most_of_a_kind=1)
    record_property(
        "figure", f"Isolation on {database_kind}, {actor}: {cases:,} foreign things, {len(apart)} told apart"
    )
    assert apart == []
    # A program is refused before anything is looked up on all but a few routes.
    assert cases > (many(80, thorough=400) if actor == "every-role" else 50)


@pytest.mark.trial
@pytest.mark.parametrize("actor", ["every-role", "integration"])
def test_everything_of_another_organisation_answers_as_what_does_not_exist(
    stage: Stage, actor: str, database_kind: str, record_property: Record
) -> None:
    cases, apart = told_apart(stage, actor)
    record_property(
        "figure", f"Isolation on {database_kind}, {actor}: {cases:,} foreign things, {len(apart)} told apart"
    )
    assert apart == []


def test_a_thing_that_is_looked_up_without_its_organisation_is_told_apart(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found_anywhere(session: Session, *, team_id: uuid.UUID, by: Actor) -> Team:
        found = session.exec(select_model(Team).where(col(Team.id) == team_id)).one_or_none()
        if found is None:
            raise NotFound("team")
        return found

    monkeypatch.setattr(teams, "find_team", found_anywhere)
    _, apart = told_apart(stage, "every-role", kinds={"team"}, most_of_a_kind=2)
    assert "GET /api/v1/teams/{team_id} (in-use)" in apart


# What an identifier in an extension or a reference of FHIR is of.
IN_FHIR = {names.ROUND: "round_id", names.TEAM: "team_id", names.PERSON: "auditor_id", names.CASE_FILE: "case_file_id"}


def places_of_identifiers(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Where in a body an identifier stands, and what it is called there."""
    entries = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for name, each in entries:
        if isinstance(each, str) and UUID.match(each):
            called = path[-1] if isinstance(value, list) else IN_FHIR.get(value.get("url", value.get("system")), name)
            # A list of cases has a field for each team that is not known, called by the team's name.
            yield (*path, name), "team" if str(called).endswith("North team") else str(called)
        else:
            yield from places_of_identifiers(each, (*path, name))


def with_identifier(value: Any, path: tuple[Any, ...], identifier: str) -> Any:
    """The body with another identifier in that place."""
    if not path:
        return UUID.sub(identifier, value)
    if isinstance(value, list):
        return [with_identifier(each, path[1:], identifier) if at == path[0] else each for at, each in enumerate(value)]
    return {
        name: with_identifier(each, path[1:], identifier) if name == path[0] else each for name, each in value.items()
    }


@pytest.mark.both_in_trials
def test_a_body_that_names_a_thing_of_another_organisation_is_answered_as_if_there_were_none(stage: Stage) -> None:
    """A third of all bodies, another third each day; `make trials` sends them all, on both databases."""
    elsewhere = stage.elsewhere
    theirs = {
        "round_id": elsewhere.rounds["open"],
        "follows_id": elsewhere.rounds["closed"],
        "auditor": elsewhere.people["colleague"].id,
        "auditor_id": elsewhere.people["colleague"].id,
        "auditors": elsewhere.people["colleague"].id,
        "agencies": elsewhere.agencies["Police"],
        "agency_id": elsewhere.agencies["Police"],
        "members": elsewhere.people["agency-auditor"].id,
        "audits": next(each for each in elsewhere.things["audit"] if each.owner == "colleague").address["audit_id"],
        "case_file_id": elsewhere.unread_case_file,
        "case_files": elsewhere.unread_case_file,
        "case_list": elsewhere.things["case-list"][0].address["case_list_id"],
        "case_list_id": elsewhere.things["case-list"][0].address["case_list_id"],
        "from_round": elsewhere.rounds["closed"],
        "into": elsewhere.things["code"][0].address["code_id"],
        "lead_id": elsewhere.people["quality-lead"].id,
        "person": elsewhere.people["colleague"].id,
        "person_id": elsewhere.people["on-duty"].id,
        "reader_id": elsewhere.people["auditor"].id,
        "snapshot_id": elsewhere.things["snapshot"][0].address["snapshot_id"],
        "team": elsewhere.teams["in-use"],
        "team_id": elsewhere.teams["in-use"],
        "teams": elsewhere.teams["in-use"],
        "template": elsewhere.template_id,
        "template_id": elsewhere.template_id,
        "template_version": elsewhere.template_id,
    }
    every_body = list(bodies(stage))
    assert {name for _, body, _ in every_body for _, name in places_of_identifiers(body)} == set(theirs)
    for route, body, form in part_of(every_body, one_in=3, of="bodies"):
        for path, name in places_of_identifiers(body):
            answers = []
            for identifier in (str(theirs[name]), str(uuid.uuid4())):
                sent = with_identifier(body, path, identifier)
                actor, thing = usable(stage, route)
                request = {**request_of(route, stage.home, thing), "data" if form else "json": sent}
                answer = stage.send(actor, route, thing, request)
                answers.append(seen(answer, identifier))
                assert CANARY not in answer.text.lower()
            # A list of complete audits answers for each item.
            assert answers[0][0] >= 400 or '"recorded":0' in answers[0][1], (route, name)
            assert without_keys(answers[0]) == without_keys(answers[1]), route


def without_keys(answer: tuple[int, str, dict[str, str]]) -> tuple[int, str]:
    """Without the hidden keys, which every form has new."""
    return answer[0], re.sub(r'name="key" value="[^"]+"|data-session-absolute="[0-9]+"', "", answer[1])


def bodies(stage: Stage) -> Iterator[tuple[str, Any, bool]]:
    """Every body that a route takes, with whatever else it may name; and whether it is a form."""
    home = stage.home
    for route, of in JSON.items():
        body = of(home, usable(stage, route)[1])
        yield route, body, False
        if route == "POST /api/v1/complete-audits":
            known = {name: value for name, value in body.items() if name != "case_file"}
            yield route, known | {"case_file_id": str(home.unread_case_file)}, False
        if route == "POST /api/v1/fhir/QuestionnaireResponse":
            identifier = {"system": names.CASE_FILE, "value": str(home.unread_case_file)}
            yield route, body | {"subject": {"identifier": identifier}}, False
        if "template_id" in body and "joint" not in route:  # a joint round follows none
            yield route, body | {"follows_id": str(home.rounds["closed"])}, False
    for route, of_form in FORMS.items():
        _, thing = usable(stage, route)
        fields = dict(of_form(home, thing))
        # A line of a programme and a joint round follow no round.
        if "template_version" in fields and "programme" not in route and "joint" not in route:
            fields["follows_id"] = str(home.rounds["closed"])
        yield route, {**request_of(route, home, thing)["data"], **fields}, True


@pytest.mark.both_databases
def test_a_filter_by_a_thing_of_another_organisation_finds_what_a_filter_by_nothing_finds(stage: Stage) -> None:
    document = stage.app.openapi()
    elsewhere = stage.elsewhere
    things = [
        *elsewhere.rounds.values(),
        *elsewhere.teams.values(),
        *(person.id for person in elsewhere.people.values()),
        elsewhere.template_id,
        elsewhere.unread_case_file,
    ]
    chance = chance_of("filters")
    tried = 0
    for path, operations in document["paths"].items():
        for parameter in operations.get("get", {}).get("parameters", ()):
            if parameter["in"] != "query" or '"uuid"' not in str(parameter["schema"]).replace("'", '"'):
                continue
            for identifier in map(str, chance.sample(things, many(2, thorough=6))):
                nothing = str(uuid.uuid4())
                route = f"GET {path}"
                thing = usable(stage, route)[1] if "{" in path else Thing((), {})
                theirs, nobodys = (
                    stage.send("every-role", route, thing, {"params": {parameter["name"]: each}})
                    for each in (identifier, nothing)
                )
                tried += 1
                assert seen(theirs, identifier) == seen(nobodys, nothing), (path, parameter["name"])
                assert CANARY not in theirs.text.lower()
    assert tried > many(16, thorough=50)


def test_no_word_of_another_organisation_is_in_any_answer(
    stage: Stage, database_kind: str, record_property: Record
) -> None:
    """A quarter of the routes is asked by every-role, and what is read by a part of the others too.

    The permission matrix looks for such words in all that it is answered, and asks every route each day.
    """
    answers = 0
    for rule in rules().values():
        # What a write answers is what whoever may do everything is answered. At the door nobody looks at anything.
        others = INSIDERS if rule.route.startswith("GET ") else ()
        first = part_of(["every-role"], one_in=4, of=f"words at {rule.route}")
        everybody = dict.fromkeys([*first, *part_of(others, one_in=8, of=rule.route)])
        for actor in (each for each in everybody if not rule.stops_at_the_door(each)):
            for thing in stage.things(rule.thing, actor)[:1]:
                answer = stage.ask(actor, rule.route, thing, rule.permission)
                answers += 1
                assert CANARY not in f"{answer.headers} {answer.text}".lower(), (actor, rule.route)
    record_property(
        "figure", f"Canaries on {database_kind}: {answers:,} answers, 0 with a word of another organisation"
    )
    taken = stage.elsewhere.people["auditor"].email
    person = {"name": "Somebody", "email": taken, "roles": ["auditor"]}
    request = request_of("POST /api/v1/people", stage.home, Thing((), {})) | {"json": person}
    refused = stage.send("administrator", "POST /api/v1/people", Thing((), {}), request)
    assert refused.status_code == 409
    assert CANARY not in refused.text.lower()


def test_the_words_that_must_not_be_seen_are_seen_at_home(stage: Stage) -> None:
    lists = ("audits", "case-files", "people", "rounds", "teams", "templates", "tokens", "me/tokens", "me", "events")
    for name in lists:
        answer = stage.send("outsider", f"GET /api/v1/{name}", Thing((), {}), {})
        # The word is in an early event, and the newest come first.
        while name == "events" and CANARY not in answer.text.lower() and answer.json()["after"]:
            request = {"params": {"limit": 100, "after": answer.json()["after"]}}
            answer = stage.send("outsider", f"GET /api/v1/{name}", Thing((), {}), request)
        assert CANARY in answer.text.lower(), name


# Text that nobody wrote: hashes, words of the service, and what is only ever compared.
NOBODYS_WORDS = {
    "coded_passage.part",
    "coded_passage.digest",
    "finished_coding.theme",
    "case_file_change.key_id",  # empty but for the moments in which a list is settled
    "case_file_change.reference",
    "case_file_change.worker",
    "case_file_change.characteristics",
    "case_file.counts",  # numbers
    "case_file_change.counts",
    "erasure.erased",
    "case_list_entry.counts",
    "case_file.characteristics",  # keys of groups
    "case_file.key_id",
    "case_file.worker",
    "case_list.digest",
    "case_list_draft.digest",
    "case_list.key_id",
    "case_list.source",
    "case_list_entry.reference",
    "case_list_entry.worker",
    "person.worker",
    "sample.frame_hash",
    "sample.method",
    "access_request.link_hash",
    "access_request.roles",
    "audit.answer_sources",  # keys of the service
    "audit.case_facts",
    "audit.question_answers",
    "audit_fact.choice",
    "information_page.page",
    "score_draft.seen",
    "audit_fact.fact",
    "conversation.obstacles",
    "conversation.took_part",
    "first_judgement.overall",
    "family_view.answers",
    "family_view.how",
    "family_view.no_view",
    "family_view.who",
    "question_answer.answer",
    "question_answer.question",
    "score.sources",
    "snapshot_audit.copied",
    "round.scope",
    "joint_round.agencies",  # identifiers
    "programme_line.agencies",  # identifiers
    "programme_line.auditors",
    "programme_line.only_teams",
    "programme_line.scope",
    "programme_line.problem",  # the service's own sentence
    "sample.only_age_bands",
    "sample.only_categories",
    "sample.only_involving",
    "sample.only_statuses",
    "sample.only_teams",
    "sample.seed",
    "sample.strata",
    "sampled_case.stratum",
    "checkpoint.signed",
    "event.hash",
    "event.kind",
    "idempotent_request.etag",
    "idempotent_request.fingerprint",
    "idempotent_request.key",
    "idempotent_request.location",
    "person.password_hash",
    "audit.agreed_answers",
    "audit.answers",  # letters that stand for them
    "audit.signature",
    "job.refusal",
    "moderation_rule.seed",
    "reopening.voided_signature",
    "counted_audit.counted",  # letters that stand for answers
    "open_tally.breakdown",
    "open_tally.counts",  # numbers by the template's keys
    "risky_term.first_hash",
    "risky_term.key_mark",
    "risky_term.whole_hash",
    "round.unfinished",  # counts by kind
    "round_tally.breakdown",
    "sign_in_link.secret_hash",
    "feedback_link.secret_hash",
    "feedback_sheet.code",
    "snapshot_audit.answers",  # letters that stand for them
    "snapshot_audit.bands",
    "token.scopes",
    "token.secret_hash",
    "trail.hash",
    "verification.said",  # the service's own sentences
    "web_session.secret_hash",
    "web_session.browser",  # the service's own words
    "one_time_codes.sealed_secret",
    "passkey.credential_id",
    "passkey.public_key",
    "recovery_code.code_hash",
    "second_factor_rule.roles",
    "follow_up_rule.moderator_role",
    "web_session.provider_session",
    "webhook_endpoint.kinds",
    "webhook_endpoint.sealed_secret",
    "webhook_endpoint.sealed_former",
}


def test_every_text_of_the_other_organisation_holds_the_word(stage: Stage) -> None:
    own = stage.elsewhere.organisation.id
    bare = []
    with stage.elsewhere.database.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            owner = "organisation_id" if "organisation_id" in table.columns else "id"
            if table.name in {"sign_in_count", "spent_answer"}:
                continue
            for column in table.columns:
                if not isinstance(column.type, AutoString | String) or isinstance(column.type, Enum):
                    continue
                found = select(func.count()).where(table.c[owner] == own, func.lower(column).contains(CANARY))
                if not session.execute(found).scalar_one():
                    bare.append(f"{table.name}.{column.name}")
    assert set(bare) == NOBODYS_WORDS


# What a client may never say for itself.
FORBIDDEN: Mapping[str, Any] = {
    "organisation_id": 2,
    "organisation": "Canary shire",
    "id": str(uuid.uuid4()),
    "version": 99,
    "state": "submitted",
    "status": "submitted",
    "role": "administrator",
    "author": str(uuid.uuid4()),
    "auditor_id": str(uuid.uuid4()),
    "created_by_id": str(uuid.uuid4()),
    "person_id": str(uuid.uuid4()),
    "by": str(uuid.uuid4()),
    "created_at": "2020-01-01T00:00:00Z",
    "submitted_at": "2020-01-01T00:00:00Z",
    "published_at": "2020-01-01T00:00:00Z",
    "overall_calculated": "outstanding",
    "password_hash": "0" * 64,
    "secret_hash": "0" * 64,
}


# What a resource of another standard says beside what is read changes nothing, and the answer names it.
NAMED_AND_LEFT_OUT = {"POST /api/v1/fhir/Questionnaire"}
# Of a resource that is otherwise refused: a server gives identifiers of its own, whatever it is sent.
NAMED_ENTRIES = {("POST /api/v1/fhir/QuestionnaireResponse", "id")}


def injected(body: Any, name: str, value: Any) -> Iterator[Any]:
    """The body with the entry put into each object in it, one at a time: the whole body first, then what is in it."""
    if isinstance(body, dict):
        if name not in body:
            yield {**body, name: value}
        for key, each in body.items():
            for changed in injected(each, name, value):
                yield {**body, key: changed}
    elif isinstance(body, list):
        for place, each in enumerate(body):
            for changed in injected(each, name, value):
                yield [*body[:place], changed, *body[place + 1 :]]


def stored(session: Session, *, but_for: frozenset[str] = frozenset({"web_session"})) -> dict[str, list[str]]:
    """Every row of the database."""
    return {
        table.name: sorted(map(repr, session.execute(select(table)).all()))
        for table in SQLModel.metadata.sorted_tables
        if table.name not in but_for
    }


def test_nobody_says_for_themselves_who_they_are_or_where_a_thing_stands(
    stage: Stage, database_kind: str, record_property: Record
) -> None:
    """Each body is sent with a sixth of the entries, others each day: that all bodies refuse what they do not name is
    asked of the OpenAPI document."""
    database: Database = stage.home.database
    app = create_app(Settings(allow_combined_administrator=True), database)
    with database.reading() as session:
        before = stored(session)
    refused, chance = 0, random.Random("entries")
    for route in (each for each in JSON if each not in NAMED_AND_LEFT_OUT):
        actor, thing = usable(stage, route)
        client = Client(app, headers=dict(stage.client(actor).headers))
        for name, value in part_of(FORBIDDEN.items(), one_in=6, of=route):
            request = request_of(route, stage.home, thing)
            for depth, body in enumerate(injected(request["json"], name, value)):
                if (depth and chance.randrange(3)) or (route, name) in NAMED_ENTRIES:
                    continue
                request = {**request_of(route, stage.home, thing), "json": body}
                answer = client.request(route.partition(" ")[0], path_of(route, stage.home, thing), **request)
                assert answer.status_code == 422, (route, name, answer.text)
                refused += 1
    with database.reading() as session:
        assert stored(session) == before
    record_property("figure", f"Entries that no client may give, on {database_kind}: {refused:,} refused, 0 taken")
    assert refused > many(250, thorough=500)


def test_a_form_changes_only_what_its_page_offers(stage: Stage) -> None:
    """An eighth of all forms, another one each day; `make trials` sends them all."""
    own = stage.elsewhere.organisation.id
    told = {name: value for name, value in FORBIDDEN.items() if name not in {"version", "status", "state", "role"}}
    told |= {"organisation_id": own, "state": "withdrawn", "role": "administrator"}
    marks = {str(value) for value in told.values() if len(str(value)) > 20}
    with stage.home.database.reading() as session:
        theirs = [row for row in owned_rows(session) if row[1] == own]
    found: list[list[OwnedRow]] = []
    stage.rehearsal.before_it_is_given_up = lambda session: found.append(owned_rows(session))
    try:
        for route in part_of((each for each in FORMS if rules()[each].permission != "public"), one_in=8, of="forms"):
            found.clear()
            actor, thing = usable(stage, route)
            request = request_of(route, stage.home, thing)
            answer = stage.send(actor, route, thing, {**request, "data": {**told, **request["data"]}})
            assert answer.status_code == rules()[route].usual, route
            for after in found:
                assert [row for row in after if row[1] == own] == theirs, route
                assert not [row for _, _, row in after if any(mark in row for mark in marks)]
    finally:
        stage.rehearsal.before_it_is_given_up = lambda _: None


OwnedRow = tuple[str, int | None, str]


def owned_rows(session: Session) -> list[OwnedRow]:
    """Every row of the database: its table, its organisation if it has one, and what stands in it."""
    rows = []
    for table in SQLModel.metadata.sorted_tables:
        place = list(table.columns.keys()).index("organisation_id") if "organisation_id" in table.columns else None
        if table.name != "web_session":
            found = session.execute(select(table)).all()
            rows += [(table.name, None if place is None else row[place], repr(row)) for row in found]
    return sorted(rows, key=repr)
