"""A whole organisation for tests of who may see and do what: people of every role, and things in every state."""

import json
import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlmodel import Session, col, select, update

from api.allocation.actions import Allocation, allocate, allocate_many
from api.allocation.exemptions.actions import exempt_person
from api.allocation.replacement import actions as replacement
from api.audit_templates import actions as templates
from api.audit_templates.own_places import actions as own_places
from api.audits import actions as audits
from api.audits.case import actions as cases
from api.audits.case.actions import NewCase
from api.audits.complete import actions as complete_audits
from api.audits.complete.known import CompleteAudit, RecordedAudit
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
from api.blind_reading import actions as consensus
from api.calibration import actions as calibration
from api.calibration.actions import ExerciseAnswer, NewExercise
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.case_files.characteristics import actions as characteristics
from api.case_files.characteristics.actions import NewCharacteristic
from api.case_lists import actions as case_lists
from api.case_lists import choices as reading_choices
from api.case_lists import drafts
from api.coding.codes import actions as codes
from api.coding.findings import actions as findings
from api.coding.findings.actions import NewFinding
from api.coding.passages import actions as passages
from api.coding.passages.actions import Coding
from api.coding.passages.reading import digest_of, read_passages
from api.coding.rules import coded_round
from api.concerns import actions as concerns
from api.erasure import actions as erasure
from api.feedback.representations import actions as representations
from api.feedback.sheets import actions as sheets
from api.feedback.sheets import reflections
from api.feedback.sheets.actions import NewSheet
from api.feedback.sheets.reflections import NewReflection
from api.follow_ups import actions as follow_ups
from api.follow_ups.actions import FoundTheme
from api.follow_ups.rule import actions as follow_up_rules
from api.follow_ups.rule.actions import RuleChange as RuleOfFollowUps
from api.foundation.identity.secrets import hash_of
from api.foundation.jobs import queue as jobs
from api.foundation.jobs.long_work import encode_request
from api.foundation.jobs.queue import Order
from api.foundation.outbox import queue as outbox
from api.foundation.permissions import INTEGRATION_SCOPES, Permission, operator_of
from api.foundation.settings import Settings
from api.foundation.text.sensitive_terms import use_key_of
from api.improvement import actions as improvement
from api.improvement.actions import MoveDetails
from api.improvement.child_level import actions as child_level
from api.improvement.child_level.actions import NewChildAction
from api.improvement.planning import ActionPlan
from api.improvement.recommendations import actions as recommendations
from api.improvement.recommendations.actions import NewRecommendation
from api.moderation import actions as moderation
from api.moderation import comments, sign_off
from api.moderation import rules as moderation_rules
from api.moderation.actions import AnswerReview, OverallReview
from api.moderation.rules import RuleChange
from api.notices import actions as notices
from api.people import actions as people
from api.people.key_holder.actions import NewKeyHolder, name_key_holder
from api.people.teams import actions as teams
from api.people.tokens import actions as tokens
from api.programme import actions as programmes
from api.programme.actions import NewLine, NewProgramme
from api.programme.standing import LineMove, ask_for_exemption, move_line
from api.release.briefings import actions as briefings
from api.release.snapshots import actions as snapshots
from api.release.snapshots.actions import NewSnapshot
from api.release.snapshots.long_work import MakeSnapshot
from api.reports.exports import actions as exports
from api.retention import actions as retention
from api.rounds import actions as rounds
from api.rounds import closing
from api.rounds.actions import RoundPlan
from api.sampling import actions as samples
from api.sampling.frames import FrameRules, SamplePlan
from api.sensitive_terms import actions as risky_terms
from api.webhooks import actions as webhooks
from api.webhooks.actions import EndpointPlan
from checklists.actions.action_states import ActionMove
from checklists.case_list import CaseList as CaseListContent
from checklists.case_list import ListedCase
from checklists.characteristics import CaseGroup
from checklists.privacy.references import reference_from
from checklists.programme.dates import Cadence
from checklists.retention import RetentionKind
from checklists.templates.format_2 import FORMAT_2
from checklists.templates.template_file import check_template
from models import (
    AccessKind,
    AccessRequest,
    ActionCause,
    AgeBand,
    Audit,
    AuditMode,
    AuditState,
    CaseStatus,
    ConcernOutcome,
    ConcernState,
    ErasureReason,
    EvidenceKind,
    ExerciseState,
    FollowUp,
    FollowUpOutcome,
    GroupRole,
    HoldReason,
    InformationPage,
    LineKind,
    Notice,
    NoticeKind,
    OneTimeCodes,
    OutboxMessage,
    Passkey,
    PasswordKeeper,
    Person,
    ProviderAccount,
    RecoveryCode,
    RemovedTag,
    Role,
    RoundState,
    ScoreDraft,
    SingleSignOn,
    SourceKind,
    WebhookKind,
    WebhookMessage,
    WebhookState,
    WhyNotSent,
    WhyParked,
    now,
)
from models.storage.database import Database
from tests.cast import stored_password
from tests.desk import SMALL, THEMES
from tests.factories import (
    MadeOrganisation,
    MadePerson,
    MadeToken,
    a_person,
    a_token_for,
    an_actor,
    an_integration,
    an_organisation,
    let_in,
)
from tests.importing import import_list
from tests.whole_service.joint_stage import add_joint_rounds
from tests.writing_times import filling_for_a_test

# A programme of which no round is due for long.
PROGRAMME_FROM, PROGRAMME_SECOND, PROGRAMME_TO = date(2097, 4, 1), date(2097, 5, 1), date(2098, 3, 31)
# Beside the themes; each text of a theme as in format 1.
ASKED: Mapping[str, Any] = {
    "asks": {"synopsis": True, "conversation": True, "family_views": True, "sources": True, "strengths": True},
    "texts": {"impact": {"asked": "always"}, "evidence": {"asked": "always"}},
}
COMBINED = Settings(allow_combined_administrator=True, webhook_hosts="hooks.example.org")
# Each was an auditor once, and holds audits of that time.
ROLES: Mapping[str, frozenset[Role]] = {
    "auditor": frozenset({Role.AUDITOR}),
    "moderator": frozenset({Role.MODERATOR}),
    "quality-lead": frozenset({Role.QUALITY_LEAD}),
    "administrator": frozenset({Role.ADMINISTRATOR}),
    "action-owner": frozenset({Role.ACTION_OWNER}),
    "agency-auditor": frozenset({Role.AGENCY_AUDITOR}),
    "every-role": frozenset(Role),
    "colleague": frozenset({Role.AUDITOR}),
}


@dataclass(frozen=True, slots=True)
class Thing:
    """Something with an address of its own: the words for the state it is in, and the version it is at."""

    state: tuple[str, ...]
    address: Mapping[str, str]
    version: int = 1
    owner: str = ""


@dataclass
class Council:
    """One organisation with people, rounds, audits, templates and tokens in every state that they can be in.

    `word` stands in every text that anybody of this organisation wrote.
    """

    database: Database
    organisation: MadeOrganisation
    word: str = ""
    people: dict[str, MadePerson] = field(default_factory=dict)
    # The digest of a case list that everybody who may take it in has looked at.
    draft: str = ""
    tokens: dict[str, MadeToken] = field(default_factory=dict)
    things: dict[str, list[Thing]] = field(default_factory=dict)
    teams: dict[str, uuid.UUID] = field(default_factory=dict)
    rounds: dict[str, uuid.UUID] = field(default_factory=dict)
    agencies: dict[str, uuid.UUID] = field(default_factory=dict)
    template_id: uuid.UUID = field(default_factory=uuid.uuid4)
    unread_case_file: uuid.UUID = field(default_factory=uuid.uuid4)
    # Of the feedback on which nobody has reflected yet.
    code: str = ""
    version_of_person: dict[str, int] = field(default_factory=dict)
    _references: int = 0

    @property
    def content(self) -> dict[str, Any]:
        """What this organisation's templates ask."""
        found: dict[str, Any] = self._own(dict(SMALL))
        return {**found, "format": "caseaudit-template/2", **ASKED}

    @property
    def draft_content(self) -> dict[str, Any]:
        """What this organisation's draft asks: the same in format 2, with a question and a fact about the case."""
        content = self.content
        domains = content["learning_domains"]
        question = {
            "key": self.key("seen-alone"),
            "text": self.words("Was the child seen alone?"),
            "kind": "yes-no",
            "meets": ["yes"],
        }
        voice = {**domains[0]["themes"][0], "questions": [question]}
        choices = [{"key": key, "label": self.words(key)} for key in ("yes", "no")]
        return {
            **content,
            "format": FORMAT_2,
            "learning_domains": [{**domains[0], "themes": [voice, *domains[0]["themes"][1:]]}, *domains[1:]],
            "case_facts": [{"key": self.key("in-school"), "title": self.words("In school"), "choices": choices}],
        }

    def words(self, text: str) -> str:
        return f"{self.word} {text}".strip()

    def key(self, key: str) -> str:
        return f"{self.word}-{key}" if self.word else key

    def _own(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.key(value)
        if isinstance(value, list):
            return [self._own(each) for each in value]
        own = {name: self._own(each) for name, each in value.items()}
        if "descriptors" in own:  # by rating
            own["descriptors"] = {self.key(rating): words for rating, words in own["descriptors"].items()}
        return own

    def of(self, kind: str, actor: str) -> Iterator[Thing]:
        """The things of a kind, the actor's own ones called so and one other person's called that."""
        for thing in self.things[kind]:
            if not thing.owner:
                yield thing
            elif thing.owner == actor.removesuffix("-token"):
                yield replace(thing, state=("own", *thing.state))
            elif thing.owner == "colleague":
                yield replace(thing, state=("other", *thing.state))

    def the(self, kind: str, *state: str, owner: str = "") -> Thing:
        """The one thing of a kind that is in this state."""
        (found,) = [thing for thing in self.things[kind] if thing.state == state and thing.owner == owner]
        return found

    def reference(self) -> str:
        """A reference that no case file of this organisation has."""
        self._references += 1
        return f"{(self.word or 'case').upper()}-{self._references:04}"


def a_council(database: Database, name: str, *, word: str = "") -> Council:
    """An organisation in which something is in every state."""
    made = Council(database, an_organisation(database, name, administrator=f"{word} Ada".strip()), word)
    with filling_for_a_test():
        _add_people(made)
        _add_teams(made)
        _add_templates(made)
        _add_snapshot(made)
        _add_rounds(made)
        _add_tokens(made)
        _add_concerns(made)
        _add_actions(made)
        _add_feedback(made)
        _add_follow_ups(made)
        _add_joint_rounds(made)
        _add_notices(made)
        _add_access_request(made)
        _add_second_factors(made)
        _add_single_sign_on(made)
        _add_erasures(made)
        _add_retention(made)
        _add_messages(made)
        _add_webhooks(made)
        _add_risky_term(made)
        _add_what_was_typed(made)
        _name_key_holder(made)
    return made


def _add_people(council: Council) -> None:
    for actor in ROLES:
        council.people[actor] = a_person(
            council.database, council.organisation, name=council.words(f"Person {actor}"), roles={Role.AUDITOR}
        )
    away = a_person(council.database, council.organisation, name=council.words("Person away"), roles={Role.AUDITOR})
    by = an_actor(council.organisation.administrator)
    with council.database.writing() as session:
        found = people.change_person(
            session,
            person_id=away.id,
            name=away.name,
            roles=away.roles,
            active=False,
            version=1,
            settings=COMBINED,
            by=by,
        )
    council.things["person"] = [Thing(("deactivated",), {"person_id": str(away.id)}, found.person.version)]


def _add_exercises(council: Council) -> None:
    """An open exercise and a closed one: the auditor takes part in neither, and two others have handed in."""
    lead = _lead(council)
    themes = [council.key(theme) for theme in THEMES]
    given = [ExerciseAnswer(theme, council.key("good"), council.words("Seen.")) for theme in themes]
    council.things["exercise"] = []
    asked = ("moderator", "quality-lead", "every-role", "colleague", "administrator")
    for state in ExerciseState:
        with council.database.writing() as session:
            new = NewExercise(
                title=council.words("The Ash siblings"),
                template_id=council.template_id,
                template_version=1,
                practice_case=council.words("A made-up case."),
                due_on=now().date(),
                participants=[council.people[actor].id for actor in asked],
            )
            made = calibration.create_exercise(session, new=new, by=lead)
            for actor in ("colleague", "administrator"):
                by = an_actor(replace(council.people[actor], roles=ROLES["auditor"]))
                kept = calibration.answer_case(session, exercise_id=made.id, answers=given, version=1, by=by)
                calibration.submit_case(session, exercise_id=made.id, version=kept.version, by=by)
            version = made.version
            if state is ExerciseState.CLOSED:
                version = calibration.close_exercise(session, exercise_id=made.id, version=version, by=lead).version
                version = calibration.record_agreement(
                    session, exercise_id=made.id, answers=given[:1], version=version, by=lead
                ).version
        council.things["exercise"].append(Thing((state.value,), {"exercise_id": str(made.id)}, version))


def _give_roles(council: Council) -> None:
    """Give everybody the roles they now have, when what they did as auditors is done."""
    by = an_actor(council.organisation.administrator)
    for actor, roles in ROLES.items():
        person = council.people[actor]
        with council.database.writing() as session:
            found = people.change_person(
                session,
                person_id=person.id,
                name=person.name,
                roles=roles,
                active=True,
                version=1,
                settings=COMBINED,
                by=by,
            )
            let_in(session, found.person)
            found = people.find_person(session, person_id=person.id, by=by)
        council.people[actor] = replace(person, roles=roles)
        council.version_of_person[actor] = found.person.version
        council.things["person"].append(Thing((), {"person_id": str(person.id)}, found.person.version, owner=actor))


def _add_teams(council: Council) -> None:
    by = an_actor(council.organisation.administrator)
    with council.database.writing() as session:
        in_use = teams.create_team(session, name=council.words("North team"), by=by)
        retired = teams.create_team(session, name=council.words("South team"), by=by)
        teams.retire_team(session, team_id=retired.id, version=1, by=by)
    council.teams = {"in-use": in_use.id, "retired": retired.id}
    council.things["team"] = [
        Thing(("in-use",), {"team_id": str(in_use.id)}, 1),
        Thing(("retired",), {"team_id": str(retired.id)}, 2),
    ]


def _add_risky_term(council: Council) -> None:
    with TemporaryDirectory() as folder, council.database.writing() as session:
        use_key_of(session, lambda: Path(folder) / "key")
        (term,) = risky_terms.add_terms(
            session,
            terms=["Hill View House"],
            label=council.words("list of April"),
            by=an_actor(council.organisation.administrator),
        )
    council.things["risky-term"] = [Thing((), {"term_id": str(term.id)})]


def _name_key_holder(council: Council) -> None:
    holder = NewKeyHolder(post=council.words("Performance team"), contact=council.words("01632 960001"))
    with council.database.writing() as session:
        name_key_holder(session, key_holder=holder, version=0, by=an_actor(council.organisation.administrator))


def _add_concerns(council: Council) -> None:
    """A concern in every state, on a colleague's audit of the closed round: in it nothing is held up by them."""
    council.people["on-duty"] = a_person(
        council.database, council.organisation, name=council.words("Person on duty"), roles={Role.MODERATOR}
    )
    colleague = an_actor(replace(council.people["colleague"], roles=ROLES["colleague"]))
    moderator = an_actor(replace(council.people["moderator"], roles=ROLES["moderator"]))
    audit = council.the("audit", "submitted", "closed", owner="colleague")
    council.things["concern"] = []
    for state in ConcernState:
        with council.database.writing() as session:
            made = concerns.raise_concern(
                session,
                audit_id=uuid.UUID(audit.address["audit_id"]),
                person_id=moderator.person_id,
                words=council.words("Seen alone and afraid."),
                themes=[council.key("voice")],
                hours=4,
                by=colleague,
            )
            if state is not ConcernState.RAISED:
                words = council.words("I am calling the duty team.")
                concerns.acknowledge(session, concern_id=made.id, words=words, by=moderator)
            if state is ConcernState.CLOSED:
                concerns.close_concern(
                    session,
                    concern_id=made.id,
                    outcome=ConcernOutcome.REFERRED,
                    done=council.words("The duty team went out."),
                    version=made.version,
                    by=moderator,
                )
            council.things["concern"].append(Thing((state.value,), {"concern_id": str(made.id)}, made.version))


def _add_actions(council: Council) -> None:
    """For everybody who can own one, a practice action that is agreed and one that is done, about a team of nobody."""
    lead = _lead(council)
    council.things["action"] = []
    for actor in ROLES:
        if actor in {"administrator", "agency-auditor"}:
            continue
        for moves in ((ActionMove.AGREE,), (ActionMove.AGREE, ActionMove.FINISH)):
            plan = plan_of_action(council, owner=actor)
            with council.database.reading() as session:
                finding = improvement.prepare_action(session, plan=plan, by=lead)
            with council.database.writing() as session:
                made = improvement.propose_action(session, plan=plan, finding=finding, by=lead)
                for move in moves:
                    improvement.move_action(
                        session,
                        action_id=made.id,
                        move=move,
                        details=MoveDetails(council.words("The guide was written.")),
                        version=made.version,
                        by=lead,
                    )
                where = {"action_id": str(made.id), "move": ActionMove.FINISH.value}
                council.things["action"].append(Thing((made.state.value,), where, made.version, owner=actor))

    for end in (ActionMove.CONFIRM_IMPACT, ActionMove.DROP):
        moves = (ActionMove.AGREE, *((ActionMove.FINISH,) if end is ActionMove.CONFIRM_IMPACT else ()), end)
        plan = replace(plan_of_action(council, owner="auditor"), owner_id=None, owner_post=council.words("Head"))
        with council.database.reading() as session:
            finding = improvement.prepare_action(session, plan=plan, by=lead)
        with council.database.writing() as session:
            made = improvement.propose_action(session, plan=plan, finding=finding, by=lead)
            for move in moves:
                improvement.move_action(
                    session,
                    action_id=made.id,
                    move=move,
                    details=MoveDetails(council.words("Nine of ten have."), EvidenceKind.FEEDBACK, now().date()),
                    version=made.version,
                    by=lead,
                )

    _add_child_action(council)
    _add_recommendations(council)
    _add_codes_and_finding(council)
    _add_programme(council)
    _add_characteristic(council)


def _add_child_action(council: Council) -> None:
    """A live action of an audit of the closed round, owned by a post."""
    audit = council.the("audit", "submitted", "closed", owner="colleague")
    new = NewChildAction(
        words=council.words("See the child alone."),
        theme=council.key("voice"),
        owner_post=council.words("Team manager"),
        reason=council.words("Nobody saw the child."),
    )
    with council.database.writing() as session:
        made = child_level.propose_child_action(
            session, audit_id=uuid.UUID(audit.address["audit_id"]), new=new, by=_lead(council)
        )
        council.things["child-action"] = [Thing(("live",), {"action_id": str(made.id)}, made.version)]


def _add_recommendations(council: Council) -> None:
    """An open recommendation, and one that is answered."""
    lead = _lead(council)
    council.things["recommendation"] = []
    for state in ("open", "answered"):
        new = NewRecommendation(
            source_kind=SourceKind.OWN,
            source=council.words("Learning of the year"),
            source_on=now().date() - timedelta(days=400),
            words=council.words("Every plan names who does what."),
            sentence=council.words("Every plan should name who does what."),
            place=council.words("Page 3"),
            template_id=council.template_id,
            template_version=1,
            themes=(council.key("planning"),),
            owner_post=council.words("Head of Service"),
            due_on=now().date() + timedelta(days=30),
        )
        with council.database.writing() as session:
            made = recommendations.record_recommendation(session, new=new, by=lead)
            if state == "answered":
                recommendations.answer_recommendation(
                    session,
                    recommendation_id=made.id,
                    answer=council.words("Nine of ten have."),
                    version=made.version,
                    by=lead,
                )
            where = {"recommendation_id": str(made.id)}
            council.things["recommendation"].append(Thing((state,), where, made.version))


def _add_codes_and_finding(council: Council) -> None:
    """Two codes of the open round, one of them of a passage and of a finding."""
    lead, audit_round = _lead(council), council.the("round", "open")
    round_id, theme = uuid.UUID(audit_round.address["round_id"]), council.key("voice")
    with council.database.writing() as session:
        code, other = (
            codes.add_code(
                session,
                round_id=round_id,
                name=council.words(name),
                meaning=council.words("Where it is said."),
                by=lead,
            )
            for name in ("Not seen alone", "No plan")
        )
        (first, *_) = read_passages(session, coded_round(session, round_id, by=lead), theme, by=lead)
        passage = first.passages[0]
        coding = Coding(first.audit_id, passage.place.part, digest_of(passage.text), frozenset({code.id}))
        passages.give_codes(session, round_id=round_id, theme=theme, codings=[coding], by=lead)
        new = NewFinding(council.words("Children are not seen alone."), code.id, council.words("A child waited."))
        finding = findings.write_finding(session, round_id=round_id, theme=theme, new=new, by=lead)
    of_round = {"round_id": str(round_id), "theme": theme}
    council.things["code"] = [Thing((), {**of_round, "code_id": str(other.id)}, other.version)]
    of_finding = {**of_round, "finding_id": str(finding.id), "code_id": str(code.id)}
    council.things["written-finding"] = [Thing((), of_finding, finding.version)]


def _add_programme(council: Council) -> None:
    """A programme far ahead, with a line whose first round waits for an exemption to be decided, and one that ended."""
    lead = _lead(council)
    council.things["programme-line"] = []
    title = council.words("Audits of the year")
    with council.database.writing() as session:
        new = NewProgramme(title, PROGRAMME_FROM, PROGRAMME_TO, council.people["quality-lead"].id)
        made = programmes.create_programme(session, new=new, by=lead)
        council.things["programme"] = [Thing(("active",), {"programme_id": str(made.id)}, made.version)]
        for state in ("active", "ended"):
            line = programmes.add_line(
                session,
                programme_id=made.id,
                new=NewLine(
                    title=council.words("Monthly audits"),
                    kind=LineKind.MONTHLY,
                    template_id=council.template_id,
                    template_version=1,
                    cadence=Cadence.MONTHLY,
                    first_on=PROGRAMME_FROM,
                    size=6,
                ),
                by=lead,
            )
            if state == "ended":
                move_line(session, line_id=line.id, move=LineMove.END, version=line.version, by=lead)
            else:
                reason = council.words("An inspection is expected.")
                ask_for_exemption(session, line_id=line.id, starts_on=PROGRAMME_FROM, reason=reason, by=lead)
            council.things["programme-line"].append(Thing((state,), {"line_id": str(line.id)}, line.version))


def _add_feedback(council: Council) -> None:
    """Feedback on two audits of a colleague: one that is given, and one that is shared and that its team disagrees with
    in a theme; and a link that works beside one that was used.
    """
    lead = _lead(council)
    auditor = an_actor(replace(council.people["colleague"], roles=ROLES["colleague"]))
    short = [council.key(theme) for theme in ("voice", "planning")]
    with council.database.writing() as session:
        planned = rounds.create_round(session, plan=plan_of(council, "A round with feedback"), by=lead)
        round_id = rounds.open_round(
            session, round_id=planned.id, version=planned.version, recorded_elsewhere=True, by=lead
        ).id
    for state in ("given", "shared", "reflected"):
        with council.database.writing() as session:
            audit_id, _ = _an_audit(session, council, round_id, "colleague")
            version = _bring_to(session, council, "colleague", audit_id, AuditState.DRAFT)
            below = [NewScore(theme, council.key("inadequate"), *texts_of_scores(council)) for theme in short]
            scores.score_themes(session, audit_id=audit_id, scores=below, by=auditor)
            submissions.submit_audit(session, audit_id=audit_id, version=version + 1, by=auditor)
            new = NewSheet(council.words("Seen weekly."), council.words("Name who does what."), now().date())
            sheet = sheets.write_sheet(session, audit_id=audit_id, new=new, version=0, by=auditor)
            link = sheets.make_link(session, audit_id=audit_id, by=auditor).secret
            where = {"audit_id": str(audit_id), "sheet_id": str(sheet.id), "theme": short[0], "kind": "docx"}
            if state == "given":
                council.code = sheet.code
                council.things["feedback"] = [Thing((), where, sheet.version)]
                council.things["feedback-link"] = [Thing(("living",), {"secret": link})]
            elif state == "shared":
                sheet = sheets.share_sheet(session, audit_id=audit_id, version=sheet.version, by=lead)
                words = council.words("The visit is on the page before.")
                representations.disagree(session, sheet_id=sheet.id, theme=short[0], words=words, by=lead)
                council.things["shared-feedback"] = [Thing((), where, sheet.version)]
            else:
                sheets.share_sheet(session, audit_id=audit_id, version=sheet.version, by=lead)
                said = NewReflection(council.words("I will ask who does what."))
                reflections.reflect(session, secret=link, new=said)
                words = council.words("The visit is on the page before.")
                representations.disagree(session, sheet_id=sheet.id, theme=short[0], words=words, by=lead)
                representations.decide(
                    session,
                    audit_id=audit_id,
                    theme=short[0],
                    upheld=True,
                    words=council.words("The page shows it."),
                    by=an_actor(replace(council.people["moderator"], roles=ROLES["moderator"])),
                )
                council.things["feedback-link"].append(Thing(("dead",), {"secret": link}))


def _add_follow_ups(council: Council) -> None:
    """Follow-ups of a colleague's audits: two that the auditor and somebody with every role read, of which the action
    owner was notified; one that is done; and one without a reader, of which a post is to be notified.
    """
    lead, voice = _lead(council), council.key("voice")
    notified = {"waiting": {"contact_post": council.words("Head of Service")}}
    with council.database.writing() as session:
        planned = rounds.create_round(session, plan=plan_of(council, "A round with follow-ups"), by=lead)
        round_id = rounds.open_round(
            session, round_id=planned.id, version=planned.version, recorded_elsewhere=True, by=lead
        ).id
    council.things["follow-up"] = []
    reader = an_actor(replace(council.people["auditor"], roles=ROLES["auditor"]))
    for version, state in enumerate(("allocated", "of-every-role", "done", "waiting")):
        reader_id = council.people["every-role"].id if state == "of-every-role" else reader.person_id
        who = notified.get(state, {"contact_id": council.people["action-owner"].id})
        with council.database.writing() as session:
            change = RuleOfFollowUps(themes=(voice,), moderator_role=Role.QUALITY_LEAD, **who)
            follow_up_rules.set_rule(session, round_id=round_id, change=change, version=version, by=lead)
            audit_id, _ = _an_audit(session, council, round_id, "colleague")
            _bring_to(session, council, "colleague", audit_id, AuditState.AGREED)
            found = session.get_one(FollowUp, (council.organisation.id, audit_id))
            if state != "waiting":
                found = follow_ups.allocate(
                    session, audit_id=audit_id, reader_id=reader_id, version=found.version, by=lead
                )
            if state == "done":
                words = council.words("The child is seen alone now.")
                themes = [FoundTheme(voice, FollowUpOutcome.CORRECTED, words)]
                found = follow_ups.record(session, audit_id=audit_id, themes=themes, version=found.version, by=reader)
            where = {"audit_id": str(audit_id), "theme": voice}
            council.things["follow-up"].append(Thing((state,), where, found.version))


def _add_joint_rounds(council: Council) -> None:
    """Joint rounds about case files of their own."""
    references = {}
    with council.database.writing() as session:
        for state in ("collecting", "draft", "panel", "finished"):
            new = NewCaseFile(
                team_id=council.teams["in-use"],
                status=CaseStatus.CHILD_IN_NEED,
                age_band=AgeBand.FROM_5_TO_9,
                reference=council.reference(),
            )
            found = case_files.create_case_file(session, case_file=new, by=_lead(council))
            references[state] = found.case_file.reference
    add_joint_rounds(council, references, Thing)


def plan_of_action(council: Council, *, owner: str) -> ActionPlan:
    """A practice action about a gap of the closed round."""
    later = now().date() + timedelta(days=30)
    return ActionPlan(
        words=council.words("Every plan names who does what."),
        cause=ActionCause.GAP,
        why=council.words("Plans lack names."),
        round_id=council.rounds["closed"],
        themes=(council.key("planning"),),
        team_ids=(council.teams["in-use"],),
        owner_id=council.people[owner].id,
        due_on=later,
        measure=council.words("Eight of ten plans have names."),
        measure_from=EvidenceKind.DIP_SAMPLE,
        measure_by=later,
        steps=(council.words("Write a guide."),),
    )


def _add_characteristic(council: Council) -> None:
    """A characteristic of cases with two groups."""
    groups = (CaseGroup("girl", council.words("Girl")), CaseGroup("boy", council.words("Boy")))
    new = NewCharacteristic(council.words("Sex"), (council.words("Gender"),), groups)
    with council.database.writing() as session:
        made = characteristics.add_characteristic(session, new=new, by=_lead(council))
        council.things["characteristic"] = [Thing((), {"key": made.key}, made.version)]


def _add_notices(council: Council) -> None:
    """Everybody is notified of the concern that nobody has acknowledged."""
    concern_id = uuid.UUID(council.the("concern", ConcernState.RAISED.value).address["concern_id"])
    own = council.organisation.id
    with council.database.writing() as session:
        to = [council.people[actor].id for actor in ROLES]
        notices.give_notice(session, NoticeKind.CONCERN, subject_id=concern_id, to=to, by=operator_of(own))
    with council.database.reading() as session:
        ids = dict(
            session.exec(
                select(Notice.person_id, Notice.id).where(
                    col(Notice.organisation_id) == own, col(Notice.subject_id) == concern_id
                )
            ).all()
        )
    council.things["notice"] = [
        Thing((), {"notice_id": str(ids[council.people[actor].id])}, owner=actor) for actor in ROLES
    ]


def _add_access_request(council: Council) -> None:
    """Everybody has a password, so that a second person confirms who may read audits: somebody's link waits for one."""
    own, asker = council.organisation.id, council.people["administrator"].id
    with council.database.writing() as session:
        session.execute(update(Person).values(password_hash=stored_password()).where(col(Person.active)))
        person = Person(organisation_id=own, email=f"waits-{uuid.uuid4()}@council.example", name="Somebody New")
        session.add(person)
        session.flush()
        kind, roles = AccessKind.INVITED, Role.AUDITOR.value
        made = AccessRequest(
            organisation_id=own, person_id=person.id, kind=kind, roles=roles, link_hash="a" * 64, asked_by_id=asker
        )
        session.add(made)
        session.flush()
        council.things["access-request"] = [Thing((), {"request_id": str(made.id)})]


RECOVERY_CODE: Final = "aaaa-aaaa-aaaa-aaaa"


def _add_second_factors(council: Council) -> None:
    """Everybody but the colleague has a passkey and a recovery code, and so has somebody who was deactivated."""
    away = uuid.UUID(council.the("person", "deactivated").address["person_id"])
    people = {actor: council.people[actor].id for actor in ROLES if actor != "colleague"} | {"": away}
    own = council.organisation.id
    council.things["passkey"] = []
    with council.database.writing() as session:
        for actor, person_id in people.items():
            made = Passkey(
                organisation_id=own,
                person_id=person_id,
                name=council.words("My laptop"),
                credential_id=uuid.uuid4().hex,
                public_key="k",
            )
            code = RecoveryCode(
                organisation_id=own, person_id=person_id, code_hash=hash_of(RECOVERY_CODE.replace("-", ""))
            )
            session.add_all([made, code])
            session.flush()
            state = () if actor else ("other",)
            council.things["passkey"].append(Thing(state, {"passkey_id": str(made.id)}, owner=actor))
        lead = council.people["quality-lead"].id
        session.add(OneTimeCodes(organisation_id=own, person_id=lead, sealed_secret="eA=="))


def _add_single_sign_on(council: Council) -> None:
    """Everybody is linked to an account at a provider, and groups there give roles; nobody may sign in with it yet."""
    away = uuid.UUID(council.the("person", "deactivated").address["person_id"])
    own, issuer = council.organisation.id, council.words("Issuer")
    with council.database.writing() as session:
        session.add(SingleSignOn(organisation_id=own, changed_by_id=council.people["administrator"].id))
        session.add(GroupRole(organisation_id=own, group_name=council.words("Auditors"), role=Role.AUDITOR))
        session.add(PasswordKeeper(organisation_id=own, person_id=council.people["administrator"].id))
        for person_id in {away, *(person.id for person in council.people.values())}:
            subject = council.words(person_id.hex)
            account = ProviderAccount(organisation_id=own, person_id=person_id, issuer=issuer, subject=subject)
            session.add(account)


def _add_erasures(council: Council) -> None:
    """A case that may be erased, one under a legal hold, and an erasure that waits and one that was confirmed."""
    lead, database = _lead(council), council.database
    asker = an_actor(replace(council.people["colleague"], roles=ROLES["quality-lead"]))
    with database.writing() as session:
        free, held, waits, gone = (
            case_files.create_case_file(session, case_file=_a_case_file(council), by=lead).case_file.id
            for _ in range(4)
        )
        for case in (held, free):
            erasure.place_hold(session, case_file_id=case, reason=HoldReason.INQUIRY, by=asker)
        erasure.lift_hold(session, case_file_id=free, by=lead)
        waiting, confirmed = (
            erasure.ask(session, case_file_id=case, reason=ErasureReason.ASKED, by=asker).id for case in (waits, gone)
        )
    with database.reading() as session:
        prepared = erasure.prepare_confirmation(session, erasure_id=confirmed, by=lead)
    with database.writing() as session:
        erasure.confirm(session, prepared, by=lead)
    council.things["case-record"] = [
        Thing((state,), {"case_file_id": str(case)}) for state, case in (("free", free), ("held", held))
    ]
    council.things["erasure"] = [
        Thing((state,), {"erasure_id": str(identifier)})
        for state, identifier in (("waiting", waiting), ("erased", confirmed))
    ]


def _add_retention(council: Council) -> None:
    """A shorter period that waits for a second person, and one that was confirmed."""
    database, asker = council.database, an_actor(replace(council.people["colleague"], roles=ROLES["quality-lead"]))
    with database.writing() as session:
        confirmed, waiting = (
            retention.set_period(session, kind=kind, months=kind.default_months - 1, by=asker).id
            for kind in (RetentionKind.SIGN_INS, RetentionKind.AUDITS)
        )
    with database.writing() as session:
        retention.decide(session, change_id=confirmed, confirmed=True, by=_lead(council))
    council.things["retention-change"] = [
        Thing((state,), {"change_id": str(identifier)})
        for state, identifier in (("waiting", waiting), ("confirmed", confirmed))
    ]


def _add_messages(council: Council) -> None:
    """Of the emails about the concerns one was refused, and the others wait."""
    database, own = council.database, council.organisation.id
    turn = next(turn for turn in outbox.list_due_mail(database) if turn.organisation_id == own)
    claimed = outbox.claim_message(database, turn)
    assert claimed is not None
    outbox.park_message(database, claimed, why=WhyParked.REFUSED)
    with database.reading() as session:
        found = session.exec(select(OutboxMessage).where(col(OutboxMessage.organisation_id) == own)).all()
    council.things["message"] = [Thing((message.state.value,), {"message_id": str(message.id)}) for message in found]


def _add_webhooks(council: Council) -> None:
    """A webhook that is on, with a message that waits and one that was parked, and a webhook that is off."""
    administrator = an_actor(council.organisation.administrator)
    plan = EndpointPlan(
        council.words("Case system"), f"https://hooks.example.org/{council.key('in')}", [WebhookKind.ROUND_CLOSED]
    )
    with TemporaryDirectory() as folder, council.database.writing() as session:
        settings = COMBINED.model_copy(update={"trail_key_file": Path(folder) / "key"})
        made = [webhooks.create_endpoint(session, plan=plan, settings=settings, by=administrator) for _ in range(2)]
        on, off = (each.endpoint.id for each in made)
        off_now = webhooks.switch_off(session, endpoint_id=off, version=1, by=administrator)
        sent = {
            state: WebhookMessage(
                organisation_id=administrator.organisation_id,
                endpoint_id=on,
                number=number,
                kind=WebhookKind.ROUND_CLOSED,
                subject_id=council.rounds["closed"],
                happened_at=now(),
                state=state,
                why=WhyNotSent.CONNECTION if state is WebhookState.PARKED else None,
                settled_at=now() if state is WebhookState.PARKED else None,
            )
            for number, state in enumerate((WebhookState.WAITING, WebhookState.PARKED), start=1)
        }
        session.add_all(sent.values())
    council.things["webhook"] = [
        Thing(("on",), {"webhook_id": str(on)}),
        Thing(("off",), {"webhook_id": str(off)}, off_now.version),
    ]
    council.things["webhook-message"] = [
        Thing((state.value,), {"webhook_id": str(on), "message_id": str(message.id)}) for state, message in sent.items()
    ]


def _add_what_was_typed(council: Council) -> None:
    """A draft of a score, a tag that somebody removed from its case, and a text of an information page."""
    own, typist = council.organisation.id, council.people["administrator"].id
    fields = json.dumps({"rationale": [council.words("Half a sentence")]})
    with council.database.writing() as session:
        audit = session.exec(
            select(Audit).where(Audit.organisation_id == own, Audit.state == AuditState.AGREED)
        ).first()
        assert audit is not None
        key = council.key("voice")
        session.add(
            ScoreDraft(
                organisation_id=own,
                audit_id=audit.id,
                theme=key,
                person_id=audit.auditor_id,
                seen=f"0.{'0' * 16}",
                fields=fields,
            )
        )
        tag = council.key("sexual-abuse")
        session.add(RemovedTag(organisation_id=own, case_file_id=audit.case_file_id, form_of_harm=tag))
        page = InformationPage(
            organisation_id=own, page="cookies", number=1, text=council.words("Ours"), written_by_id=typist
        )
        session.add(page)


def _lead(council: Council) -> Any:
    return an_actor(replace(council.people["quality-lead"], roles=ROLES["quality-lead"]))


def _add_templates(council: Council) -> None:
    by = _lead(council)
    council.things["template"] = []
    for state in ("draft", "published", "retired"):
        asked = council.draft_content if state == "draft" else council.content
        content = check_template({**asked, "key": council.key(f"{state}-template")})
        with council.database.writing() as session:
            made = templates.create_template(session, content=content, by=by)
            template_id, version = made.template.id, made.version
            if state != "draft":
                templates.publish_version(session, template_id=template_id, number=1, version=version.version, by=by)
            if state == "retired":
                templates.retire_version(session, template_id=template_id, number=1, version=version.version, by=by)
            if state == "published":
                council.template_id = template_id
                place = council.words("The visits tab.")
                theme = council.key("planning")
                own_places.write_place(session, template_id=template_id, theme=theme, words=place, version=0, by=by)
            address = {"template_id": str(template_id), "number": "1"}
            council.things["template"].append(Thing((state,), address, version.version))


def _add_rounds(council: Council) -> None:
    by = _lead(council)
    council.things |= {"audit": [], "round": [], "case-file": []}
    for state in RoundState:
        with council.database.writing() as session:
            planned = rounds.create_round(session, plan=plan_of(council, f"A {state.value} round"), by=by)
            council.rounds[state.value] = planned.id
            wanted = [(actor, audit_state) for actor in ROLES for audit_state in _states_held(state, actor)]
            made = _audits(session, council, planned.id, [actor for actor, _ in wanted])
            held = [(*each, audit) for each, audit in zip(wanted, made, strict=True)]
            if state is not RoundState.PLANNED:
                rounds.open_round(session, round_id=planned.id, version=planned.version, by=by)
                for actor, audit_state, (audit_id, _) in held:
                    _bring_to(session, council, actor, audit_id, audit_state)
            if state is RoundState.CLOSED:
                why = council.words("The figures are needed.")
                closing.close_round(session, round_id=planned.id, version=planned.version, reason=why, by=by)
            council.things["round"].append(Thing((state.value,), {"round_id": str(planned.id)}, planned.version))
            for actor, audit_state, (audit_id, case_file_id) in held:
                audit_round = audits.get_audit(session, audit_id, by)
                assert audit_round is not None
                where = {
                    "audit_id": str(audit_id),
                    "theme": council.key("voice"),
                    "theme_key": council.key("voice"),
                    "domain_key": council.key("the-child"),
                }
                words = (audit_state.value, state.value)
                council.things["audit"].append(Thing(words, where, audit_round.version, owner=actor))
                if state is RoundState.OPEN:
                    address = {"case_file_id": str(case_file_id)}
                    council.things["case-file"].append(Thing((audit_state.value,), address, 1, owner=actor))
    with council.database.writing() as session:
        council.unread_case_file = case_files.create_case_file(
            session, case_file=_a_case_file(council), by=by
        ).case_file.id
    council.things["case-file"].append(Thing(("unread",), {"case_file_id": str(council.unread_case_file)}))
    _add_moderation(council)
    _add_pairs(council)
    _add_exercises(council)
    _add_sample(council)
    _give_roles(council)


def _states_held(state: RoundState, actor: str) -> list[AuditState]:
    """The states in which a person holds audits of a round: what is moderated, two hold in the open one."""
    if state is RoundState.PLANNED:
        return [AuditState.DRAFT]
    if state is RoundState.CLOSED:
        return [AuditState.DRAFT, AuditState.SUBMITTED]
    moderated = {AuditState.IN_MODERATION, AuditState.AGREED, AuditState.SIGNED_OFF}
    if actor in {"colleague", "every-role"}:
        return list(AuditState)
    return [each for each in AuditState if each not in moderated]


def _add_moderation(council: Council) -> None:
    """Nothing of the open round is moderated by rule; a thread waits to be resolved, and a reopening for somebody."""
    lead, round_id = _lead(council), council.rounds["open"]
    with council.database.writing() as session:
        nothing = RuleChange(share_percent=0, lowest=False, first_audits=0)
        moderation_rules.set_rule(session, round_id=round_id, change=nothing, version=0, by=lead)
        submitted, signed = (_an_audit(session, council, round_id, "colleague")[0] for _ in range(2))
        _bring_to(session, council, "colleague", submitted, AuditState.SUBMITTED)
        _bring_to(session, council, "colleague", signed, AuditState.SIGNED_OFF)
        words, theme = council.words("Look again."), council.key("voice")
        thread = comments.add_comment(session, audit_id=submitted, words=words, theme=theme, by=lead)
        auditor = an_actor(replace(council.people["colleague"], roles=ROLES["colleague"]))
        comments.add_comment(session, audit_id=submitted, words=words, thread_id=thread.id, by=auditor)
        version = session.get_one(Audit, (council.organisation.id, signed)).version
        asked = sign_off.ask_to_reopen(session, audit_id=signed, reason=words, version=version, by=lead)
    where = {"audit_id": str(submitted), "thread_id": str(thread.id)}
    council.things["thread"] = [Thing(("open",), where)]
    where = {"audit_id": str(signed), "reopening_id": str(asked.id)}
    council.things["reopening"] = [Thing(("waiting",), where, version + 1)]


def _add_pairs(council: Council) -> None:
    """A case that each has read, and somebody else too, who proposes an answer for the theme that differs."""
    answered = council.key("outstanding")
    council.things["pair"] = []
    with council.database.writing() as session:
        planned = rounds.create_round(session, plan=plan_of(council, "A round read twice"), by=_lead(council))
        round_id = rounds.open_round(
            session, round_id=planned.id, version=planned.version, recorded_elsewhere=True, by=_lead(council)
        ).id
    for actor in ROLES:
        other = "colleague" if actor == "administrator" else "administrator"
        with council.database.writing() as session:
            audit_id, case_file_id = _an_audit(session, council, round_id, actor)
            second = Allocation(case_file_id, council.people[other].id)
            # Nobody gives out the other reading of a case that they read.
            lead = "every-role" if actor == "quality-lead" else "quality-lead"
            by = an_actor(replace(council.people[lead], roles=ROLES[lead]))
            second_id = allocate(session, round_id=round_id, allocation=second, by=by).id
            _bring_to(session, council, actor, audit_id, AuditState.SUBMITTED)
            version = _bring_to(session, council, other, second_id, AuditState.DRAFT)
            reader = an_actor(council.people[other])
            differs = [NewScore(council.key("voice"), answered, *texts_of_scores(council))]
            scores.score_themes(session, audit_id=second_id, scores=differs, by=reader)
            submissions.submit_audit(session, audit_id=second_id, version=version + 1, by=reader)
            consensus.propose_answer(
                session,
                audit_id=second_id,
                theme=council.key("voice"),
                answer=answered,
                reason=council.words("Seen alone."),
                version=0,
                by=reader,
            )
            words = {name: council.key("voice") for name in ("theme", "theme_key")}
            address = {"audit_id": str(audit_id), **words}
            council.things["pair"].append(Thing((), address, 1, owner=actor))


def _add_sample(council: Council) -> None:
    """A case list, a sample of it for the open round with a case replaced, and somebody exempt from the round."""
    by = _lead(council)
    content = a_case_list(council, 6)
    with council.database.writing() as session:
        case_list = import_list(session, checked=case_lists.check_list(content, by=by), by=by)
        choices = {f"column:{council.key('team')}": council.words("Service area")}
        reading_choices.store_choices(session, choices=choices, by=by)
        named = {content.cases[0].reference: council.words("Moved away.")}
        plan = SamplePlan(case_list.id, size=3, rules=FrameRules(named=named))
        sample = samples.draw_sample(session, round_id=council.rounds["open"], plan=plan, seed="one", by=by)
        first, second, _ = (case.case_file_id for case, _ in samples.cases_of(session, sample))
        reason = council.words("Not suitable.")
        sample = replacement.replace_case(
            session, sample_id=sample.id, case_file_id=first, reason=reason, version=sample.version, by=by
        )
        away = council.people["administrator"].id
        round_id = council.rounds["open"]
        exempt_person(session, round_id=round_id, person_id=away, reason=reason, by=by)
        draft = drafts.prepare_draft(case_lists.check_list(a_case_list(council, 2), by=by))
        for actor, person in council.people.items():
            looks = an_actor(replace(person, roles=ROLES.get(actor, person.roles)))
            if looks.may(Permission.WRITE_CASE_FILES):
                drafts.keep_draft(session, draft, by=looks)
        council.draft = draft.digest
        council.things["exemption"] = [Thing((), {"round_id": str(round_id), "person_id": str(away)})]
    council.things["case-list"] = [Thing((), {"case_list_id": str(case_list.id)})]
    address = {"sample_id": str(sample.id), "case_file_id": str(second)}
    council.things["sample"] = [Thing((), address, sample.version)]


def a_case_list(council: Council, size: int) -> CaseListContent:
    """A list of cases of the team in use, none of which is here yet."""
    cases = (
        ListedCase(
            reference_from(secrets.token_bytes(10)),
            council.words("North team"),
            CaseStatus.CHILD_IN_NEED,
            AgeBand.FROM_5_TO_9,
        )
        for _ in range(size)
    )
    return CaseListContent(now().date(), "1a2b3c4d", "table", tuple(cases))


def _add_snapshot(council: Council) -> None:
    """A closed round of as many audits as a snapshot takes, its snapshot, and a briefing of that."""
    by, good = _lead(council), council.key("good")
    texts = texts_of_scores(council)
    answers = tuple(NewScore(council.key(theme), good, *texts) for theme in THEMES)
    with council.database.writing() as session:
        planned = rounds.create_round(session, plan=plan_of(council, "A round to share"), by=by)
        rounds.open_round(session, round_id=planned.id, version=planned.version, recorded_elsewhere=True, by=by)
        done = [
            CompleteAudit(planned.id, council.people["colleague"].id, _a_case_file(council), answers) for _ in range(12)
        ]
        assert all(
            isinstance(each, RecordedAudit) for each in complete_audits.record_audits(session, audits=done, by=by)
        )
        why = council.words("The figures are needed.")
        closing.close_round(session, round_id=planned.id, version=planned.version, reason=why, by=by)
        new = NewSnapshot(council.words("For the board"))
        snapshot = snapshots.make_snapshot(session, round_id=planned.id, snapshot=new, by=by)
        title = council.words("What we learned")
        briefing = briefings.create_briefing(session, snapshot_id=snapshot.id, title=title, by=by)
        words = {"background": council.words("We looked again.")}
        briefings.change_briefing(session, briefing_id=briefing.id, title=title, words=words, version=1, by=by)
        again = MakeSnapshot(planned.id, NewSnapshot(council.words("For the board, again")))
        for who in ("quality-lead", "every-role"):
            asker = an_actor(replace(council.people[who], roles=ROLES[who]))
            export = exports.request_export(session, round_id=planned.id, by=asker)
            council.things.setdefault("export", []).append(Thing((f"of-{who}",), {"export_id": str(export.id)}))
            job = jobs.request_job(session, Order(again.kind, planned.id, 5_000, encode_request(again)), by=asker)
            council.things.setdefault("job", []).append(Thing((f"of-{who}",), {"job_id": str(job.id)}))
    council.things["snapshot"] = [Thing((), {"snapshot_id": str(snapshot.id)})]
    council.things["briefing"] = [Thing((), {"briefing_id": str(briefing.id)}, 2)]


def plan_of(council: Council, title: str) -> RoundPlan:
    today = now().date()
    return RoundPlan(
        title=council.words(title),
        template_id=council.template_id,
        template_version=1,
        period_from=today - timedelta(days=100),
        period_to=today - timedelta(days=60),
        due_on=today + timedelta(days=10),
        target_percent=90,
    )


def _a_case_file(council: Council) -> NewCaseFile:
    return NewCaseFile(
        council.teams["in-use"],
        CaseStatus.CHILD_IN_NEED,
        AgeBand.FROM_5_TO_9,
        forms_of_harm=(council.key("neglect"),),
        reference=council.reference(),
    )


def _an_audit(session: Session, council: Council, round_id: uuid.UUID, actor: str) -> tuple[uuid.UUID, uuid.UUID]:
    return _audits(session, council, round_id, [actor])[0]


def _audits(
    session: Session, council: Council, round_id: uuid.UUID, actors: Sequence[str]
) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """An audit of a new case file for each of these people: the audit, and the case file."""
    by, new = _lead(council), [_a_case_file(council) for _ in actors]
    cases_made = [each.case_file.id for each in case_files.create_case_files(session, case_files=new, by=by)]
    allocations = [
        Allocation(*each) for each in zip(cases_made, (council.people[one].id for one in actors), strict=True)
    ]
    allocated = allocate_many(session, round_id=round_id, allocations=allocations, by=by)
    return [(audit.id, case_id) for audit, case_id in zip(allocated, cases_made, strict=True)]


def texts_of_scores(council: Council) -> tuple[str, str, str]:
    """What stands beside every answer: rationale, impact, evidence."""
    if not council.word:
        return "seen", "", ""
    return council.words("seen"), council.words("family_views"), council.words("page 3")


def _bring_to(session: Session, council: Council, actor: str, audit_id: uuid.UUID, state: AuditState) -> int:
    by, lead = an_actor(council.people[actor]), _lead(council)
    rationale, impact, evidence = texts_of_scores(council)
    answers = [NewScore(council.key(theme), council.key("good"), rationale, impact, evidence) for theme in THEMES]
    scores.score_themes(session, audit_id=audit_id, scores=answers, by=by)
    texts = ("Seen alone.", "Afraid at home.", "Act on it.", "Well recorded.")
    concluded = NewConclusion([council.words(text) for text in texts])
    conclusions.write_conclusion(session, audit_id=audit_id, new=concluded, version=0, by=by)
    described = NewCase(synopsis=council.words("A girl of six."))
    cases.describe_case(session, audit_id=audit_id, new=described, version=0, by=by)
    talk = NewConversation(now().date(), ("worker",), obstacle_words=council.words("Two changes of worker."))
    conversations.write_conversation(session, audit_id=audit_id, new=talk, version=0, by=by)
    heard = {"child": NewView("visit", words=council.words("Wants a dog."))}
    family.write_family_views(session, audit_id=audit_id, new=heard, version=0, by=by)
    noted = {council.key(THEMES[0]): NewNote(council.words("Patient."), council.words("Ask more."), exemplary=True)}
    version = theme_notes.write_theme_notes(session, audit_id=audit_id, new=noted, version=0, by=by).audit.version
    if council.word:
        version = scores.change_audit(
            session,
            audit_id=audit_id,
            mode=AuditMode.RECORDS_ONLY,
            overall_override=council.key("inadequate"),
            override_reason=council.words("reason"),
            cap_reason=council.words("reason"),
            version=version,
            by=by,
        ).version
    reason = council.words("reason")
    if state not in {AuditState.DRAFT, AuditState.WITHDRAWN}:
        version = submissions.submit_audit(session, audit_id=audit_id, version=version, by=by).version
    if state is AuditState.RETURNED:
        if lead.person_id == by.person_id:
            lead = an_actor(replace(council.people["every-role"], roles=ROLES["every-role"]))
        submissions.return_to_auditor(session, audit_id=audit_id, reason=reason, version=version, by=lead)
    if state is AuditState.WITHDRAWN:
        submissions.withdraw(session, audit_id=audit_id, reason=reason, version=version, by=by)
    if state in {AuditState.IN_MODERATION, AuditState.AGREED, AuditState.SIGNED_OFF}:
        version = _moderate(session, council, audit_id, version, state)
    return version


def _moderate(session: Session, council: Council, audit_id: uuid.UUID, version: int, state: AuditState) -> int:
    """The lead moderates it, with one answer changed; the moderator signs it. Its version then.

    What is still in moderation is with anybody who holds every role, unless they made it.
    """
    lead = _lead(council)
    mine = session.get_one(Audit, (council.organisation.id, audit_id)).auditor_id == council.people["every-role"].id
    if state is AuditState.IN_MODERATION and not mine:
        lead = an_actor(replace(council.people["every-role"], roles=ROLES["every-role"]))
    version = moderation.start_moderation(session, audit_id=audit_id, version=version, by=lead).version
    said = [AnswerReview(council.key(theme), council.key("good")) for theme in THEMES[1:]]
    said.append(
        AnswerReview(council.key(THEMES[0]), council.key("inadequate"), council.words("The file says otherwise."))
    )
    version = moderation.review_answers(session, audit_id=audit_id, judgements=said, version=version, by=lead).version
    judged = OverallReview(council.key("good"), council.words("The file shows good work."))
    version = moderation.review_overall(session, audit_id=audit_id, review=judged, version=version, by=lead).version
    if state is not AuditState.IN_MODERATION:
        version = moderation.agree_answers(session, audit_id=audit_id, version=version, by=lead).version
    if state is AuditState.SIGNED_OFF:
        signer = an_actor(replace(council.people["moderator"], roles=ROLES["moderator"]))
        version = sign_off.sign_off(
            session, audit_id=audit_id, review=OverallReview(council.key("good")), version=version, by=signer
        ).version
    return version


def _add_tokens(council: Council) -> None:
    database = council.database
    council.things |= {"own-token": [], "integration": []}
    for actor, person in council.people.items():
        made = a_token_for(database, person, name=council.words("Spreadsheet"), scopes=None)
        council.tokens[f"{actor}-token"] = made
        revoked = a_token_for(database, person, name=council.words("Old spreadsheet"))
        with database.writing() as session:
            tokens.revoke_own_token(session, token_id=revoked.id, by=an_actor(person))
        for state, token in (("living", made), ("revoked", revoked)):
            council.things["own-token"].append(Thing((state,), {"token_id": str(token.id)}, owner=actor))
    council.tokens["integration"] = an_integration(
        database, council.organisation, scopes=INTEGRATION_SCOPES, name=council.words("Case system")
    )
    living = an_integration(database, council.organisation, name=council.words("Another system"))
    gone = an_integration(database, council.organisation, name=council.words("Old system"))
    with database.writing() as session:
        tokens.revoke_integration_token(session, token_id=gone.id, by=an_actor(council.organisation.administrator))
    council.things["integration"] = [
        Thing(("living",), {"token_id": str(living.id)}),
        Thing(("revoked",), {"token_id": str(gone.id)}),
        Thing(("of-a-person",), council.the("own-token", "living", owner="colleague").address),
    ]
    colleague = council.people["colleague"]
    with database.writing() as session:
        # One that an administrator makes would wait until somebody else confirms it.
        fresh = people.issue_link_from_host(session, email=colleague.email, settings=COMBINED)
    council.things["link"] = [
        Thing(("unused",), {"secret": fresh.secret}),
        Thing(("dead",), {"secret": colleague.secret_of_link}),
    ]


def a_narrow_token(council: Council, scope: Permission) -> MadeToken:
    """A token of the person of every role, for one thing only."""
    return a_token_for(council.database, council.people["every-role"], scopes={scope}, name="Narrow")
