"""A synthetic organisation for trying the service. Everything in it is made by the actions that people use."""

import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlmodel import col, select

import api.features  # noqa: F401 - fills the hooks of closing rounds
from api.allocation.actions import Allocation, allocate, allocate_many, readings_of
from api.audit_templates import actions as templates
from api.audit_templates import drafts
from api.audit_templates.drafts import Document
from api.audits import actions as audits
from api.audits.actions import template_of
from api.audits.submission import actions as submissions
from api.case_files import actions as case_files
from api.case_files.actions import FoundCaseFile, NewCaseFile
from api.demo import coding, feeding_back, following_up, improving, joining, moderating, year
from api.demo.auditing import Reading, audit_case
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.people.key_holder.actions import NewKeyHolder, name_key_holder
from api.people.teams import actions as teams
from api.retention import actions as retention
from api.rounds import actions as rounds
from api.rounds import closing
from api.rounds.actions import RoundPlan
from checklists.audits.follow_up import FollowUpOutcome
from checklists.retention import RetentionKind
from checklists.templates.library import load_library_template
from checklists.templates.template import Template as TemplateContent
from models import AgeBand, AuditMode, CaseStatus, Round, Team, now
from models.storage.database import Database

TEAMS = ("North locality", "South locality", "Children looked after")
CLOSED_CASES, OPEN_CASES = 60, 24
FIRST_ROUND, SECOND_ROUND = "Learning from case reviews: first round", "Learning from case reviews: second round"
RE_AUDIT = "Learning from case reviews: re-audit of 3 themes"
CONTACTS_ROUND, AUDITED_CONTACTS = "Contacts at the front door", 20
COMPLIANCE_BANDS = [
    {"label": "Compliant", "at_least": 95},
    {"label": "Mostly compliant", "at_least": 80},
    {"label": "Not compliant", "at_least": 0},
]
FOLLOWED_UP = (FollowUpOutcome.CORRECTED, FollowUpOutcome.PARTLY, None)
RE_AUDITED_CASES = 40
IMPROVED, UNCHANGED, REWORDED = "childrens-lived-experience", "professional-curiosity", "assessment-and-planning"
WHY_CLOSED_UNFINISHED = "The board needed the figures for this round before its audits were moderated."
Advance = Callable[[], None]
Stage = Callable[[str, int], Advance]


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of the demonstration, ready to act, and the template they use."""

    auditor: Actor
    moderator: Actor
    lead: Actor
    deputy: Actor
    administrator: Actor
    owner: Actor
    police: Actor
    health: Actor
    template_id: uuid.UUID
    content: TemplateContent


def council_exists(database: Database) -> bool:
    """Whether the demonstration exists: its second round is created last, in one transaction."""
    with database.reading() as session:
        return session.exec(select(Round.id).where(col(Round.title) == SECOND_ROUND)).first() is not None


def create_council(database: Database, cast: Cast, *, stage: Stage) -> None:
    """Create teams, case files, a closed round and an open one, reporting progress to `stage`."""
    chance = random.Random(20210222)  # noqa: S311 - the same synthetic cases every time
    teams_made = _teams(database, cast, stage)
    with database.writing() as session:
        post = NewKeyHolder(post="Performance team", contact="01632 960001")
        name_key_holder(session, key_holder=post, version=0, by=cast.lead)
        # The moderator can confirm it on the page of retention.
        retention.set_period(session, kind=RetentionKind.AUDITS, months=24, by=cast.lead)
    today = local_date(now())
    _audit_contacts(database, cast, teams_made, stage)
    _audit_a_year(database, cast, teams_made, stage)
    first = RoundPlan(
        title=FIRST_ROUND,
        template_id=cast.template_id,
        template_version=1,
        period_from=today - timedelta(days=300),
        period_to=today - timedelta(days=211),
        due_on=today - timedelta(days=170),
        read_from=today - timedelta(days=665),
        target_percent=80,
        lowest_percent=10,
    )
    closed = _plan_round(database, cast, first)
    cases = _case_files(database, cast, chance, teams_made, CLOSED_CASES)
    readings = _allocate(database, cast, chance, closed, cases)
    following_up.follow_what_is_lowest(database, round_id=closed, lead=cast.lead, contact=cast.owner)
    _open_round(database, cast, closed)
    advance = stage(f"Auditing {len(readings)} case files of a closed round", len(readings))
    _audit_and_close(database, cast, chance, closed, readings, first, teams_made, advance)
    of_auditor = [audit_id for actor, audit_id in readings if actor is cast.auditor]
    improving.make_improvements(
        database,
        improving.Improvers(cast.lead, cast.owner, teams_made[0].id),
        round_id=closed,
        template_id=cast.template_id,
        audits=of_auditor,
    )
    coding.code_passages(database, (cast.lead, cast.deputy), round_id=closed, theme=cast.content.theme_keys[0])
    givers = feeding_back.Givers(cast.auditor, cast.lead, cast.owner, cast.moderator, teams_made[0].id)
    feeding_back.give_feedback(database, givers, of_auditor)
    following_up.follow_up(
        database, rounds=[closed], lead=cast.lead, auditors=(cast.auditor, cast.moderator), outcomes=FOLLOWED_UP
    )
    _re_audit(database, cast, closed, teams_made, stage)
    _answer_jointly(database, cast, cases[:3])
    second = RoundPlan(
        title=SECOND_ROUND,
        template_id=cast.template_id,
        template_version=1,
        period_from=today - timedelta(days=120),
        period_to=today - timedelta(days=31),
        due_on=today + timedelta(days=12),
        read_from=today - timedelta(days=485),
        target_percent=80,
        lowest_percent=10,
        follows_id=closed,
    )
    _part_scored_round(database, cast, chance, second, teams_made, stage)


def _re_audit(database: Database, cast: Cast, earlier: uuid.UUID, teams_made: Sequence[Team], stage: Stage) -> None:
    """A closed re-audit of 3 themes: one in which practice improved, one in which not, and one with other guidance."""
    chance = random.Random(20220222)  # noqa: S311 - the same synthetic cases every time
    today = local_date(now())
    plan = RoundPlan(
        title=RE_AUDIT,
        template_id=cast.template_id,
        template_version=_reworded_version(database, cast),
        period_from=today - timedelta(days=210),
        period_to=today - timedelta(days=121),
        due_on=today - timedelta(days=80),
        target_percent=80,
        lowest_percent=10,
        follows_id=earlier,
        scope=(IMPROVED, UNCHANGED, REWORDED),
    )
    planned = _plan_round(database, cast, plan)
    cases = _case_files(database, cast, chance, teams_made, RE_AUDITED_CASES)
    readings = _allocate(database, cast, chance, planned, cases)
    _open_round(database, cast, planned)
    advance = stage(f"Auditing {len(readings)} case files of a re-audit", len(readings))
    _audit_and_close(database, cast, chance, planned, readings, plan, teams_made, advance, below={IMPROVED: 0.12})


def _audit_a_year(database: Database, cast: Cast, teams_made: Sequence[Team], stage: Stage) -> None:
    """The audit programme, whose rounds of ten months are closed."""
    planned = year.Year(cast.lead, cast.deputy, cast.owner, (cast.auditor, cast.moderator), teams_made)
    year.make_year(database, planned, advance=stage("Auditing a year", year.ROUNDS))


def _audit_contacts(database: Database, cast: Cast, teams_made: Sequence[Team], stage: Stage) -> None:
    """A closed round about contacts with the service, from a template with compliance bands of the council's own."""
    chance = random.Random(20190401)  # noqa: S311 - the same synthetic cases every time
    today = local_date(now())
    with database.writing() as session:
        template_id = templates.publish_built_in(
            session, load_library_template("front-door-contact"), by=cast.lead
        ).template.id

    def with_bands(document: Document) -> None:
        document["compliance"] = {"bands": COMPLIANCE_BANDS}

    number = _changed_version(database, cast, template_id, with_bands)
    plan = RoundPlan(
        title=CONTACTS_ROUND,
        template_id=template_id,
        template_version=number,
        period_from=today - timedelta(days=390),
        period_to=today - timedelta(days=301),
        due_on=today - timedelta(days=280),
        target_percent=80,
        lowest_percent=10,
    )
    planned = _plan_round(database, cast, plan)
    cases = _case_files(database, cast, chance, teams_made, AUDITED_CONTACTS)
    readings = _allocate(database, cast, chance, planned, cases)
    _open_round(database, cast, planned)
    advance = stage(f"Auditing {len(readings)} contacts", len(readings))
    _audit_and_close(database, cast, chance, planned, readings, plan, teams_made, advance)


def _audit_and_close(
    database: Database,
    cast: Cast,
    chance: random.Random,
    round_id: uuid.UUID,
    readings: Sequence[tuple[Actor, uuid.UUID]],
    plan: RoundPlan,
    teams_made: Sequence[Team],
    advance: Advance,
    *,
    below: Mapping[str, float] | None = None,
) -> None:
    """Do all audits of a round, and close it. `below`: how often practice falls short, where it is not as usual."""
    names = {team.id: team.name for team in teams_made}
    with database.reading() as session:
        content = template_of(session, rounds.find_round(session, round_id=round_id, by=cast.lead))
    for place, (actor, audit_id) in enumerate(readings):
        audit_case(database, chance, content, Reading(actor, audit_id, place, plan.due_on, below=below or {}), names)
        advance()
    with database.writing() as session:
        audit_round = rounds.find_round(session, round_id=round_id, by=cast.lead)
        closing.close_round(
            session, round_id=round_id, version=audit_round.version, reason=WHY_CLOSED_UNFINISHED, by=cast.lead
        )


def _reworded_version(database: Database, cast: Cast) -> int:
    """A version of the template whose guidance for one theme has changed."""

    def reworded(document: Document) -> None:
        place, position = drafts.theme_place(document, REWORDED)
        theme = document["learning_domains"][place]["themes"][position]
        theme["prompts"] = [
            *theme["prompts"][:1],
            "Does the plan say what will be different for the child, and by when?",
        ]

    return _changed_version(database, cast, cast.template_id, reworded)


def _changed_version(database: Database, cast: Cast, template_id: uuid.UUID, change: Callable[[Document], None]) -> int:
    """Publish a version of a template with this change of its first; returns its number."""
    with database.writing() as session:
        draft = templates.new_version(session, template_id=template_id, from_number=1, by=cast.lead)
        document = drafts.document_of(draft.content)
        change(document)
        changed = templates.change_draft(
            session,
            template_id=template_id,
            number=draft.version.number,
            content=templates.content_from(document),
            version=draft.version.version,
            by=cast.lead,
        ).version
        templates.publish_version(
            session, template_id=template_id, number=changed.number, version=changed.version, by=cast.lead
        )
        return changed.number


def _part_scored_round(
    database: Database,
    cast: Cast,
    chance: random.Random,
    plan: RoundPlan,
    teams_made: Sequence[Team],
    stage: Stage,
) -> None:
    cases = _case_files(database, cast, chance, teams_made, OPEN_CASES)
    opened = _plan_round(database, cast, plan)
    readings = _allocate(database, cast, chance, opened, cases)
    _open_round(database, cast, opened)
    advance = stage(f"Beginning {len(readings)} audits of an open round", len(readings))
    names = {team.id: team.name for team in teams_made}
    for place, (actor, audit_id) in enumerate(readings):
        reading = Reading(actor, audit_id, place, local_date(now()))
        if place < len(readings) // 2:
            audit_case(database, chance, cast.content, reading, names)
        elif place < len(readings) * 3 // 4:
            audit_case(database, chance, cast.content, reading, names, share=chance.uniform(0.2, 0.9))
        advance()
    by, audit_id = readings[len(readings) * 3 // 4 - 1]
    improving.propose_for_a_child(database, audit_id=audit_id, theme=cast.content.theme_keys[0], by=by)
    with database.writing() as session:
        audit_id = readings[0][1]
        returned = audits.find_audit(session, audit_id=audit_id, by=cast.lead).audit
        submissions.return_to_auditor(
            session,
            audit_id=audit_id,
            reason="Two rationales describe the plan and not the child. Review the impact on the child.",
            version=returned.version,
            by=cast.lead,
        )
    of_auditor = [audit_id for actor, audit_id in readings[4 : len(readings) // 2] if actor is cast.auditor]
    moderating.moderate_after_feedback(
        database, auditor=cast.auditor, moderator=cast.moderator, changed=of_auditor[0], unchanged=of_auditor[1]
    )
    second_reading = cases[1].case_file.id
    with database.writing() as session:
        audit_round = rounds.find_round(session, round_id=opened, by=cast.lead)
        first_reader = readings_of(session, audit_round, [second_reading])[second_reading][1]
        other = next(actor for actor in (cast.auditor, cast.moderator) if actor.person_id != first_reader)
        allocate(session, round_id=opened, allocation=Allocation(second_reading, other.id), by=cast.lead)


def _teams(database: Database, cast: Cast, stage: Stage) -> list[Team]:
    advance = stage("Creating teams", len(TEAMS))
    made = []
    for name in TEAMS:
        with database.writing() as session:
            made.append(teams.create_team(session, name=name, by=cast.administrator))
        advance()
    return made


def _plan_round(database: Database, cast: Cast, plan: RoundPlan) -> uuid.UUID:
    with database.writing() as session:
        return rounds.create_round(session, plan=plan, by=cast.lead).id


def _answer_jointly(database: Database, cast: Cast, cases: Sequence[FoundCaseFile]) -> None:
    partners = joining.Partners(cast.lead, cast.administrator, {"Police": cast.police, "Health": cast.health})
    references = [each.case_file.reference for each in cases]
    joining.make_joint_round(
        database, partners, template_id=cast.template_id, content=cast.content, references=references
    )


def _open_round(database: Database, cast: Cast, round_id: uuid.UUID) -> None:
    with database.writing() as session:
        version = rounds.find_round(session, round_id=round_id, by=cast.lead).version
        rounds.open_round(session, round_id=round_id, version=version, by=cast.lead)


def _case_files(
    database: Database, cast: Cast, chance: random.Random, teams_made: Sequence[Team], number: int
) -> list[FoundCaseFile]:
    new = []
    harms = [harm.key for harm in cast.content.forms_of_harm]
    for _ in range(number):
        looked_after = chance.random() < 0.25
        team = teams_made[2] if looked_after else chance.choice(teams_made[:2])
        status = (
            chance.choice([CaseStatus.CHILD_LOOKED_AFTER, CaseStatus.CHILD_LOOKED_AFTER, CaseStatus.CARE_LEAVER])
            if looked_after
            else chance.choice([CaseStatus.CHILD_IN_NEED, CaseStatus.CHILD_PROTECTION_PLAN, CaseStatus.EARLY_HELP])
        )
        band = (
            AgeBand.OVER_17
            if status is CaseStatus.CARE_LEAVER
            else chance.choice(
                [AgeBand.UNDER_1, AgeBand.FROM_1_TO_4, AgeBand.FROM_5_TO_9, AgeBand.FROM_10_TO_15]
                + [AgeBand.FROM_16_TO_17] * looked_after
            )
        )
        new.append(NewCaseFile(team.id, status, band, tuple(chance.sample(harms, chance.choice([1, 1, 2, 3])))))
    with database.writing() as session:
        return case_files.create_case_files(session, case_files=new, by=cast.lead)


def _allocate(
    database: Database, cast: Cast, chance: random.Random, round_id: uuid.UUID, cases: Sequence[FoundCaseFile]
) -> list[tuple[Actor, uuid.UUID]]:
    """Allocate the cases, two of three to the auditor and the rest to the moderator, who audits too."""
    readers = [cast.moderator if place % 3 == 2 else cast.auditor for place in range(len(cases))]
    modes = [AuditMode.RECORDS_ONLY, AuditMode.RECORDS_ONLY, AuditMode.WITH_PRACTITIONER, AuditMode.WITH_FAMILY]
    allocations = [
        Allocation(case.case_file.id, reader.id, mode=chance.choice(modes))
        for case, reader in zip(cases, readers, strict=True)
    ]
    with database.writing() as session:
        made = allocate_many(session, round_id=round_id, allocations=allocations, by=cast.lead)
    return [(reader, audit.id) for reader, audit in zip(readers, made, strict=True)]
