"""Audits: allocating, scoring, submitting, returning and withdrawing them, one reading of one case at a time."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from api.actions import events, rounds
from api.actions.case_files import harms_of
from api.actions.words import check_words
from api.permissions import (
    Actor,
    Permission,
    check_can_read_audit,
    check_can_score,
    check_may,
    check_not_own_work,
    may_read_every_audit,
)
from api.problems import AlreadyExists, Conflict, Fault, Invalid, NotAllowed, NotFound, Stale
from checklists.scoring import missing_themes, overall_judgement
from checklists.template import Template as TemplateContent
from models import (
    Audit,
    AuditHarm,
    AuditMode,
    AuditState,
    CaseFile,
    Person,
    Role,
    RoleGrant,
    Round,
    RoundState,
    Score,
    new_id,
    now,
)
from models.template import published_content


@dataclass(frozen=True, slots=True)
class Allocation:
    """Whose turn it is to read which case file. Without a reading it is the first, or the second if there is one."""

    case_file_id: uuid.UUID
    auditor_id: uuid.UUID
    reading: int | None = None
    mode: AuditMode = AuditMode.RECORDS_ONLY


@dataclass(frozen=True, slots=True)
class NewScore:
    """An answer for a theme with its words. `version` is that of the score it replaces: 0 when there was none;
    None leaves the check to the version of the whole audit."""

    theme: str
    answer: str
    rationale: str = ""
    impact: str = ""
    evidence: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class ReadAudit:
    """An audit with all that is needed to show it."""

    audit: Audit
    round: Round
    case_file: CaseFile
    forms_of_harm: tuple[str, ...]
    auditor: Person
    template: TemplateContent
    scores: dict[str, Score]

    @property
    def answers(self) -> dict[str, str]:
        return {theme: score.answer for theme, score in self.scores.items()}

    @property
    def overall(self) -> str | None:
        """The overall judgement that stands: the auditor's own, else the calculated one, as it is now."""
        return self.audit.overall_override or self.calculated

    @property
    def calculated(self) -> str | None:
        if self.audit.state is AuditState.SUBMITTED:
            return self.audit.overall_calculated or None
        return overall_judgement(self.template, self.answers)

    def needs_rationale(self, theme: str) -> bool:
        """Whether the theme's answer wants a reason that is not there yet."""
        score = self.scores.get(theme)
        return score is not None and not score.rationale and self.template.needs_rationale(score.answer)


def allocate(session: Session, *, round_id: uuid.UUID, allocation: Allocation, by: Actor) -> Audit:
    """Give a case file to an auditor. A second reading goes to another person than the first.

    Raises Conflict when the round is closed, AlreadyExists when that reading is given out, Invalid, NotFound.
    """
    return allocate_many(session, round_id=round_id, allocations=[allocation], by=by)[0]


def allocate_many(
    session: Session, *, round_id: uuid.UUID, allocations: Sequence[Allocation], by: Actor
) -> list[Audit]:
    """Give out many case files of one round, all or none."""
    check_may(by, Permission.ALLOCATE_AUDITS)
    standing = rounds.find(session, round_id=round_id, by=by)
    if standing.state is RoundState.CLOSED:
        raise Conflict("This round is closed: no more audits can be allocated in it.")
    auditors = active_auditors(session, by)
    made = []
    for place, allocation in enumerate(allocations):
        prefix = f"/{place}" if len(allocations) > 1 else ""
        if allocation.auditor_id not in auditors:
            raise Invalid.at(f"{prefix}/auditor_id", "Choose an active person who holds the role of auditor.")
        if session.get(CaseFile, (by.organisation_id, allocation.case_file_id)) is None:
            raise Invalid.at(f"{prefix}/case_file_id", "Choose a case file of your organisation.")
        made.append(_allocate(session, standing, allocation, prefix, by))
    session.flush()
    events.record_many(
        session,
        [events.row("audit.allocated", audit.id, by=by, details={"auditor": str(audit.auditor_id)}) for audit in made],
    )
    return made


def _allocate(session: Session, standing: Round, allocation: Allocation, prefix: str, by: Actor) -> Audit:
    others = readings_of(session, standing, allocation.case_file_id)
    if allocation.auditor_id in others.values():
        raise Invalid.at(
            f"{prefix}/auditor_id", "This person already reads this case file in this round. Choose somebody else."
        )
    reading = allocation.reading or (1 if 1 not in others else 2)
    if reading not in {1, 2}:
        raise Invalid.at(f"{prefix}/reading", "A case file is read once or twice: give 1 or 2.")
    if reading in others:
        raise AlreadyExists("That reading of this case file is already allocated in this round.")
    audit = Audit(
        organisation_id=by.organisation_id,
        id=new_id(),
        round_id=standing.id,
        case_file_id=allocation.case_file_id,
        auditor_id=allocation.auditor_id,
        reading=reading,
        mode=allocation.mode,
    )
    try:
        with session.begin_nested():
            session.add(audit)
    except IntegrityError:
        # Somebody allocated the same reading between our look and our write.
        raise AlreadyExists("That reading of this case file is already allocated in this round.") from None
    return audit


def readings_of(session: Session, standing: Round, case_file_id: uuid.UUID) -> dict[int, uuid.UUID]:
    """Who holds the first and the second reading of a case file in a round; withdrawn ones do not count."""
    rows = session.exec(
        select(Audit.reading, Audit.auditor_id).where(
            col(Audit.organisation_id) == standing.organisation_id,
            col(Audit.round_id) == standing.id,
            col(Audit.case_file_id) == case_file_id,
            col(Audit.state) != AuditState.WITHDRAWN,
        )
    )
    return dict(rows.all())


def active_auditors(session: Session, actor: Actor) -> dict[uuid.UUID, str]:
    """The people to whom audits can be allocated, by name."""
    rows = session.exec(
        select(Person.id, Person.name)
        .join(
            RoleGrant,
            (col(RoleGrant.organisation_id) == col(Person.organisation_id))
            & (col(RoleGrant.person_id) == col(Person.id)),
        )
        .where(
            col(Person.organisation_id) == actor.organisation_id,
            col(Person.active),
            col(RoleGrant.role) == Role.AUDITOR,
        )
        .order_by(col(Person.name), col(Person.id))
    )
    return dict(rows.all())


def find(session: Session, *, audit_id: uuid.UUID, by: Actor) -> ReadAudit:
    """An audit and what it is about. Raises NotFound for what the actor may not read."""
    audit = check_can_read_audit(by, _get(session, audit_id, by))
    return read(session, audit)


def read(session: Session, audit: Audit) -> ReadAudit:
    """An audit whose reading has been allowed, with all that is needed to show it."""
    own = audit.organisation_id
    standing = session.get_one(Round, (own, audit.round_id))
    case_file = session.get_one(CaseFile, (own, audit.case_file_id))
    return ReadAudit(
        audit=audit,
        round=standing,
        case_file=case_file,
        forms_of_harm=harms_of(session, [case_file])[case_file.id],
        auditor=session.get_one(Person, (own, audit.auditor_id)),
        template=template_of(session, standing),
        scores=scores_of(session, audit),
    )


def template_of(session: Session, standing: Round) -> TemplateContent:
    """What the round's template version asks."""
    content = published_content(
        session, standing.organisation_id, standing.template_id, standing.template_version
    )
    if content is None:
        raise NotFound("template version")
    return content


def scores_of(session: Session, audit: Audit) -> dict[str, Score]:
    """The audit's scores by theme."""
    rows = session.exec(
        select(Score)
        .where(col(Score.organisation_id) == audit.organisation_id, col(Score.audit_id) == audit.id)
        .execution_options(populate_existing=True)
    )
    return {score.theme: score for score in rows}


def find_score(session: Session, *, audit_id: uuid.UUID, theme: str, by: Actor) -> Score:
    """One score of an audit that the actor may read. Raises NotFound; also when the theme has no answer yet."""
    audit = check_can_read_audit(by, _get(session, audit_id, by))
    found = scores_of(session, audit).get(theme)
    if found is None:
        raise NotFound("score")
    return found


def score(
    session: Session,
    *,
    audit_id: uuid.UUID,
    scores: Sequence[NewScore],
    by: Actor,
    audit_version: int | None = None,
) -> Audit:
    """Give answers to themes of the actor's own audit, all or none.

    A score is replaced only when it is still the one that `NewScore.version` names, or the whole audit is still
    the one that `audit_version` names; else Stale, and nothing is written. One that would change nothing is left
    alone. An answer below the standard may be saved before its rationale is written; submission will ask for it.
    """
    audit = _to_score(session, audit_id, by)
    if audit_version is not None and audit.version != audit_version:
        raise Stale
    template = template_of(session, _open_round(session, audit))
    faults = [
        fault
        for place, new in enumerate(scores)
        for fault in faults_of_score(template, new, prefix=f"/{place}" if len(scores) > 1 else "")
    ]
    if len({new.theme for new in scores}) < len(scores):
        faults.append(Fault("", "A theme is answered twice. Give each theme one answer."))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    standing = scores_of(session, audit)
    changes = [new for new in scores if not _same(standing.get(new.theme), new)]
    for new in changes:
        before = standing.get(new.theme)
        if new.version is not None and new.version != (before.version if before else 0):
            raise Stale
    if not changes:
        return audit
    audit.version += 1
    for new in changes:
        row = standing.get(new.theme) or Score(
            organisation_id=audit.organisation_id, audit_id=audit.id, theme=new.theme, answer=new.answer, version=0
        )
        row.answer, row.rationale, row.impact, row.evidence = new.answer, new.rationale, new.impact, new.evidence
        row.version = audit.version
        session.add(row)
    session.add(audit)
    session.flush()
    events.record(
        session, "audit.scored", audit.id, by=by, details={"themes": " ".join(new.theme for new in changes)}
    )
    return audit


def clear_score(session: Session, *, audit_id: uuid.UUID, theme: str, version: int, by: Actor) -> Audit:
    """Take an answer back: the theme is unanswered again. Raises Stale when it is not the one that was seen."""
    audit = _to_score(session, audit_id, by)
    _open_round(session, audit)
    standing = scores_of(session, audit).get(theme)
    if standing is None:
        raise NotFound("score")
    if standing.version != version:
        raise Stale
    session.delete(standing)
    audit.version += 1
    session.add(audit)
    session.flush()
    events.record(session, "audit.score-cleared", audit.id, by=by, details={"themes": theme})
    return audit


def change(
    session: Session,
    *,
    audit_id: uuid.UUID,
    mode: AuditMode,
    overall_override: str,
    override_reason: str,
    version: int,
    by: Actor,
) -> Audit:
    """Say how the audit was done, and set another overall judgement than the calculated one, with a reason.

    An empty override leaves the calculated judgement standing. Raises Stale, Invalid.
    """
    audit = _to_score(session, audit_id, by)
    if audit.version != version:
        raise Stale
    template = template_of(session, _open_round(session, audit))
    faults = check_words("/override_reason", override_reason)
    if overall_override and not template.scale.is_rating(overall_override):
        faults.append(Fault("/overall_override", "Choose a rating of the template's scale, or none."))
    if overall_override and not override_reason:
        faults.append(Fault("/override_reason", "Say why the overall judgement differs from the calculated one."))
    if override_reason and not overall_override:
        faults.append(Fault("/overall_override", "Choose the overall judgement that this reason is for."))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
    audit.mode, audit.overall_override, audit.override_reason = mode, overall_override, override_reason
    audit.version += 1
    session.add(audit)
    session.flush()
    events.record(session, "audit.changed", audit.id, by=by, details={"mode": mode.value})
    return audit


def submit(session: Session, *, audit_id: uuid.UUID, version: int, by: Actor) -> Audit:
    """Hand in the actor's own audit: from now on its scores stand.

    Every theme needs an answer, and those below the standard or not applicable a rationale; else Invalid, with a
    fault for each at `/scores/<theme>`. The case's bands are kept as they are now.
    """
    audit = _to_score(session, audit_id, by)
    if audit.version != version:
        raise Stale
    standing = _open_round(session, audit, until_done=True)
    template = template_of(session, standing)
    scores = scores_of(session, audit)
    answers = {theme: score.answer for theme, score in scores.items()}
    faults = faults_of_submission(template, answers, {theme: score.rationale for theme, score in scores.items()})
    if faults:
        raise Invalid("The audit is not complete yet. Nothing was submitted.", faults=tuple(faults))
    case_file = session.get_one(CaseFile, (audit.organisation_id, audit.case_file_id))
    audit.state, audit.submitted_at = AuditState.SUBMITTED, now()
    audit.overall_calculated = overall_judgement(template, answers) or ""
    audit.return_reason = ""
    audit.team_id, audit.status, audit.age_band = case_file.team_id, case_file.status, case_file.age_band
    audit.version += 1
    session.add(audit)
    session.flush()
    keep_harms(session, audit, harms_of(session, [case_file])[case_file.id])
    events.record(session, "audit.submitted", audit.id, by=by)
    return audit


def keep_harms(session: Session, audit: Audit, harms: Sequence[str]) -> None:
    """Keep with a submitted audit the forms of harm that its case is tagged with now."""
    session.execute(
        delete(AuditHarm).where(
            col(AuditHarm.organisation_id) == audit.organisation_id, col(AuditHarm.audit_id) == audit.id
        )
    )
    if harms:
        session.execute(
            insert(AuditHarm),
            [
                {"organisation_id": audit.organisation_id, "audit_id": audit.id, "form_of_harm": harm}
                for harm in harms
            ],
        )


def return_to_auditor(session: Session, *, audit_id: uuid.UUID, reason: str, version: int, by: Actor) -> Audit:
    """Send a submitted audit back to its auditor with a reason. Never one's own; never in a closed round."""
    check_may(by, Permission.RETURN_AUDITS)
    audit = check_can_read_audit(by, _get(session, audit_id, by, lock=True))
    check_not_own_work(by, audit)
    if audit.version != version:
        raise Stale
    _open_round(session, audit, until_done=True)
    if audit.state is not AuditState.SUBMITTED:
        raise Conflict("Only a submitted audit can be returned.")
    _check_reason(reason, "Say what the auditor should look at again.")
    audit.state, audit.return_reason = AuditState.RETURNED, reason
    audit.version += 1
    session.add(audit)
    session.flush()
    events.record(session, "audit.returned", audit.id, by=by)
    return audit


def withdraw(session: Session, *, audit_id: uuid.UUID, reason: str, version: int, by: Actor) -> Audit:
    """Take an audit out of its round for good, with a reason; it is kept, and counted nowhere.

    The auditor may withdraw their own until it is submitted; a quality lead any, until the round closes.
    """
    audit = check_can_read_audit(by, _get(session, audit_id, by, lock=True))
    if not (may_read_every_audit(by) and by.may(Permission.ALLOCATE_AUDITS)):
        if audit.auditor_id != by.person_id or not by.may(Permission.SCORE_AUDITS):
            raise NotAllowed("Only its auditor or a quality lead withdraws an audit.")
        if audit.state is AuditState.SUBMITTED:
            raise Conflict("This audit has been submitted. A quality lead can withdraw it.")
    if audit.version != version:
        raise Stale
    if audit.state is AuditState.WITHDRAWN:
        raise Conflict("This audit has already been withdrawn.")
    if _share_round(session, audit).state is RoundState.CLOSED:
        raise Conflict("This round is closed, and a closed round never changes.")
    _check_reason(reason, "Say why the audit is withdrawn.")
    audit.state, audit.withdrawn_at, audit.withdrawal_reason = AuditState.WITHDRAWN, now(), reason
    audit.version += 1
    session.add(audit)
    session.flush()
    events.record(session, "audit.withdrawn", audit.id, by=by)
    return audit


def faults_of_score(template: TemplateContent, new: NewScore, *, prefix: str) -> list[Fault]:
    """What is wrong with an answer and its words, each with its place."""
    faults = []
    if new.theme not in template.theme_keys:
        faults.append(Fault(f"{prefix}/theme", "The audit's template has no such theme."))
    if not template.is_answer(new.answer):
        faults.append(
            Fault(f"{prefix}/answer", "Choose a rating of the scale, not evidenced, or not applicable.")
        )
    for name in ("rationale", "impact", "evidence"):
        faults += check_words(f"{prefix}/{name}", getattr(new, name))
    return faults


def faults_of_submission(
    template: TemplateContent, answers: dict[str, str], rationales: dict[str, str]
) -> list[Fault]:
    """What an audit lacks before it can be submitted, theme by theme."""
    missing = set(missing_themes(template, answers))
    faults = []
    for theme in template.themes:
        if theme.key in missing:
            faults.append(Fault(f"/scores/{theme.key}", f"{theme.label}: give an answer."))
        elif template.needs_rationale(answers[theme.key]) and not rationales.get(theme.key):
            faults.append(
                Fault(
                    f"/scores/{theme.key}",
                    f"{theme.label}: give a rationale for an answer below the standard or not applicable.",
                )
            )
    return faults


def _same(standing: Score | None, new: NewScore) -> bool:
    return standing is not None and (
        (standing.answer, standing.rationale, standing.impact, standing.evidence)
        == (new.answer, new.rationale, new.impact, new.evidence)
    )


def _get(session: Session, audit_id: uuid.UUID, by: Actor, *, lock: bool = False) -> Audit | None:
    query = (
        select(Audit)
        .where(col(Audit.organisation_id) == by.organisation_id, col(Audit.id) == audit_id)
        .execution_options(populate_existing=True)
    )
    return session.exec(query.with_for_update() if lock else query).one_or_none()


def _to_score(session: Session, audit_id: uuid.UUID, by: Actor) -> Audit:
    """The actor's own audit, locked: of two edits at the same moment the second waits, and then sees the first."""
    audit = check_can_read_audit(by, _get(session, audit_id, by, lock=True))
    check_can_score(by, audit)
    return audit


def _open_round(session: Session, audit: Audit, *, until_done: bool = False) -> Round:
    """The audit's round, which must be open. With `until_done` it cannot be closed before this transaction ends."""
    standing = (
        _share_round(session, audit)
        if until_done
        else session.get_one(Round, (audit.organisation_id, audit.round_id))
    )
    if standing.state is RoundState.PLANNED:
        raise Conflict("This round has not been opened yet.")
    if standing.state is RoundState.CLOSED:
        raise Conflict("This round is closed: its audits can no longer change.")
    return standing


def _share_round(session: Session, audit: Audit) -> Round:
    return session.exec(
        select(Round)
        .where(col(Round.organisation_id) == audit.organisation_id, col(Round.id) == audit.round_id)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).one()


def _check_reason(reason: str, words: str) -> None:
    if not reason.strip():
        raise Invalid.at("/reason", words)
    faults = check_words("/reason", reason)
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))
