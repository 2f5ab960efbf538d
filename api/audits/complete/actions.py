"""Recording audits that were done elsewhere: case file, answers and submission together."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from api.access.blindness import check_is_not_reader
from api.access.seen import carry_over, record_readings, taint
from api.audits.asked import AskedNow
from api.audits.case.actions import faults_of_case, faults_of_missing_facts, line_of_facts
from api.audits.complete.content import content_of, recorded_by
from api.audits.complete.known import CompleteAudit, RecordedAudit, ReferencedData
from api.audits.complete.rows import CompleteRows
from api.audits.conclusion.actions import NewConclusion, faults_of_conclusion
from api.audits.conversation.actions import faults_of_conversation, row_of_conversation
from api.audits.family_views.actions import faults_of_family_views, row_of_view
from api.audits.scoring.actions import NewScore, faults_of_score
from api.audits.scoring.judgement import OwnJudgement, faults_of_judgement, faults_of_override
from api.audits.scoring.questions import faults_of_questions, known_answers
from api.audits.submission.actions import faults_of_submission, question_line
from api.audits.submission.hooks import AFTER_RECORDING, AFTER_SUBMISSION
from api.audits.theme_notes.actions import faults_of_notes, rows_of_notes
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.foundation import events
from api.foundation.permissions import Actor, Permission, check_may
from api.foundation.problems import Conflict, Fault, Invalid, Moved, Problem
from api.foundation.text.free_text import CleanTexts, NameCheck, refused_events
from checklists.audits.asking import what_is_asked
from checklists.audits.conclusion import ConclusionPart
from checklists.audits.scoring import overall_judgement
from checklists.audits.sources import encode_sources, sources_line
from checklists.cases import CLOSED, NOT_KNOWN
from checklists.reports.tallies import encode_answers
from checklists.templates.conditions import CaseAsAudited
from checklists.templates.template import Template as TemplateContent
from checklists.templates.template import TextName
from models import (
    AuditState,
    RoundState,
    new_id,
    now,
)
from models.evidence.sealing import ENTRY
from models.storage.bulk import ReadyRows, insert_ready

MOST_IN_ONE_CALL = 1000
WRITTEN_TOGETHER = 100  # audits: few enough that other writers hardly wait
_COPIED = ("team_id", "status", "age_band")  # from the case file, as it was when it was audited
_MOVED = "Data used by these audits has changed. Send the audits again."


def record_audit(session: Session, *, audit: CompleteAudit, by: Actor) -> RecordedAudit:
    """Record one complete audit, completely or not at all. Raises its Problem."""
    result = record_audits(session, audits=[audit], by=by)[0]
    if isinstance(result, Problem):
        raise result
    return result


def record_audits(session: Session, *, audits: Sequence[CompleteAudit], by: Actor) -> list[RecordedAudit | Problem]:
    """Prepare and store in one transaction, with all referenced rows locked from the start."""
    check_may(by, Permission.RECORD_AUDITS)
    results: list[RecordedAudit | Problem] = []
    for start in range(0, len(audits), WRITTEN_TOGETHER):
        some = audits[start : start + WRITTEN_TOGETHER]
        prepared = _prepared(
            session, some, ReferencedData.of(session, some, by, NameCheck.of(session, by), hold=True), by
        )
        _write(session, prepared, by)
        results += prepared.results
    return results


@dataclass(frozen=True, slots=True)
class PreparedAudits:
    """Complete audits that have been checked: the result of each, their rows, and the data that the check used."""

    results: list[RecordedAudit | Problem]
    accepted: tuple[CompleteAudit, ...]
    known: "ReferencedData"
    rows: ReadyRows
    events: list[dict[str, Any]]


def prepare_audits(
    session: Session, *, audits: Sequence[CompleteAudit], by: Actor, clean: CleanTexts | None = None
) -> PreparedAudits:
    """Check complete audits and their texts, and prepare them for storing; writes nothing.

    At most WRITTEN_TOGETHER at once: storing them then takes no longer than others can wait. `clean`: of the request
    whose audits these are some of.
    """
    check_may(by, Permission.RECORD_AUDITS)
    return _prepared(session, audits, ReferencedData.of(session, audits, by, NameCheck.of(session, by, clean)), by)


def store_audits(session: Session, prepared: PreparedAudits, *, by: Actor) -> list[RecordedAudit | Problem]:
    """Record what was prepared: each audit completely, or its Problem that says why not.

    Raises Moved when a round, a person, a team, a case file or its readings have changed meanwhile.
    """
    check_may(by, Permission.RECORD_AUDITS)
    accepted, names = prepared.accepted, prepared.known.names
    if accepted and not ReferencedData.of(session, accepted, by, names, hold=True).is_unchanged_for(
        accepted, prepared.known
    ):
        raise Moved(_MOVED)
    _write(session, prepared, by)
    return prepared.results


def _prepared(session: Session, audits: Sequence[CompleteAudit], known: "ReferencedData", by: Actor) -> PreparedAudits:
    rows, accepted = CompleteRows(), []
    results: list[RecordedAudit | Problem] = []
    now_known = known.copy()
    for audit in audits:
        try:
            results.append(_prepare(audit, now_known, rows, by))
            accepted.append(audit)
        except Problem as problem:
            results.append(problem)
            known.names.forget()
            if isinstance(problem, Invalid):
                rows.events += refused_events(problem, by.id, by=by)
    made = case_files.creation_events(rows.case_files, by=by)
    return PreparedAudits(results, tuple(accepted), known, rows.made_ready(session, by), [*made, *rows.events])


def _write(session: Session, prepared: PreparedAudits, by: Actor) -> None:
    try:
        insert_ready(session, prepared.rows)
    except IntegrityError:
        # Another transaction has just allocated a reading or used a reference.
        raise Moved(_MOVED) from None
    recorded = [result for result in prepared.results if isinstance(result, RecordedAudit)]
    # If the case file is new, nobody else has seen it or reads it.
    of_known_cases = [
        result.audit_id
        for audit, result in zip(prepared.accepted, recorded, strict=True)
        if isinstance(audit.case_file, uuid.UUID)
    ]
    if of_known_cases:
        # Before the events, by which the person who records them has seen them.
        carry_over(session, by.organisation_id, of_known_cases)
        if by.person_id is not None:
            taint(session, by.organisation_id, of_known_cases, writer=by.person_id, is_recorder=True)
    events.record_prepared(session, prepared.events)
    if of_known_cases:
        record_readings(session, by.organisation_id, of_known_cases)
        for work in AFTER_SUBMISSION:
            work(session, of_known_cases, by)
    of_new_cases = {
        result.audit_id: audit.round_id
        for audit, result in zip(prepared.accepted, recorded, strict=True)
        if isinstance(audit.case_file, NewCaseFile)
    }
    if of_new_cases:
        for work_on_new in AFTER_RECORDING:
            work_on_new(session, {*of_new_cases.values()}, list(of_new_cases), by)


def _prepare(audit: CompleteAudit, known: ReferencedData, rows: CompleteRows, by: Actor) -> RecordedAudit:
    """Check one audit against known data, and add its rows; raises its Problem and adds none."""
    asking = _checked(audit, known, by)
    template, moment = asking.template, now()
    case_file_id, reference, harms, bands = _case_of(audit, known, rows, by, moment)
    readings = known.readings.setdefault((audit.round_id, case_file_id), {})
    reading = 1 if 1 not in readings else 2
    readings[reading] = audit.auditor_id
    audit_id = new_id()
    answers = asking.asked.answers_to(template.theme_keys, {score.theme: score.answer for score in audit.scores})
    calculated = overall_judgement(template, answers)
    own = {"organisation_id": by.organisation_id, "audit_id": audit_id}
    before = {table: len(written) for table, written in rows.of_audits().items()}
    rows.audits.append(
        {
            "organisation_id": by.organisation_id,
            "id": audit_id,
            "round_id": audit.round_id,
            "case_file_id": case_file_id,
            "auditor_id": audit.auditor_id,
            "reading": reading,
            "sampling_weight": audit.sampling_weight,
            "mode": audit.mode,
            "state": AuditState.SUBMITTED,
            "version": 1,
            "created_at": moment,
            "submitted_at": moment,
            "withdrawal_reason": "",
            "return_reason": "",
            "answers": encode_answers(template, answers),
            "question_answers": question_line(asking),
            "answer_sources": _sources(template, audit),
            "case_facts": line_of_facts(template, audit.case.facts),
            "overall_calculated": calculated or "",
            "overall_override": audit.overall_override,
            "override_reason": audit.override_reason,
            "cap_reason": audit.cap_reason,
            **bands,
        }
    )
    rows.audit_harms.extend({**own, "form_of_harm": harm} for harm in harms)
    _add_answers(audit, asking, own, rows)
    _add_beside(audit, template, own, rows)
    _add_blindness(audit, own, rows)
    new = {table: written[before[table] :] for table, written in rows.of_audits().items()} | recorded_by(audit, by)
    details = {"auditor": str(audit.auditor_id), ENTRY: content_of(by.organisation_id, audit_id, new)}
    rows.events.append(events.row("audit.recorded", audit_id, by=by, details=details, at=moment))
    rows.events += known.names.kept_events(audit_id, by=by)
    return RecordedAudit(audit_id, case_file_id, reference, reading, audit.overall_override or calculated)


def _case_of(
    audit: CompleteAudit, known: ReferencedData, rows: CompleteRows, by: Actor, moment: datetime
) -> tuple[uuid.UUID, str, Sequence[str], dict[str, object]]:
    """The case file's identifier, reference, harms and bands; a new case file is added to the rows."""
    if isinstance(audit.case_file, uuid.UUID):
        case_file, harms = known.case_files[audit.case_file]
        return case_file.id, case_file.reference, harms, {name: getattr(case_file, name) for name in _COPIED}
    row = case_files.row_of(audit.case_file, by=by, at=moment)
    harms = tuple(sorted(set(audit.case_file.forms_of_harm)))
    rows.case_files.append(row)
    rows.case_file_harms.append(harms)
    known.references.add(row["reference"])
    return row["id"], row["reference"], harms, {name: row[name] for name in _COPIED}


def _sources(template: TemplateContent, audit: CompleteAudit) -> str:
    if not template.further.sources:
        return ""
    return encode_sources(template, {score.theme: sources_line(score.sources) for score in audit.scores})


def _add_answers(audit: CompleteAudit, asking: AskedNow, own: Mapping[str, object], rows: CompleteRows) -> None:
    """Add the rows of what the audit says of its themes and of the whole."""
    rows.scores.extend({**own, **_score_row(score)} for score in audit.scores)
    rows.questions.extend(
        {**own, "question": key, "answer": answer, "version": 1} for key, answer in asking.case.answers.items()
    )
    if audit.conclusion is not None and (
        audit.conclusion.minutes or any(audit.conclusion.text(part) for part in ConclusionPart)
    ):
        rows.conclusions.append({**own, **_conclusion_row(audit.conclusion)})


def _add_beside(audit: CompleteAudit, template: TemplateContent, own: Mapping[str, object], rows: CompleteRows) -> None:
    """Add the rows of what the audit says beside its themes."""
    rows.facts.extend({**own, "fact": fact, "choice": choice} for fact, choice in audit.case.facts.items())
    if audit.case.facts or audit.case.synopsis:
        rows.cases.append({**own, "synopsis": audit.case.synopsis, "version": 1})
    if not audit.conversation.is_empty:
        rows.conversations.append({**own, **row_of_conversation(template, audit.conversation), "version": 1})
    rows.family_views.extend(
        {**own, "who": who, **row_of_view(template, view), "version": 1} for who, view in audit.family_views.items()
    )
    rows.theme_notes.extend(
        {**own, "theme": theme, **row, "version": 1} for theme, row in rows_of_notes(audit.theme_notes).items()
    )


def _add_blindness(audit: CompleteAudit, own: Mapping[str, object], rows: CompleteRows) -> None:
    """Add the record of a blind reading if the case file is new: nobody has seen another audit of it.

    For a known case file that depends on what is stored, so a query records it.
    """
    if isinstance(audit.case_file, NewCaseFile):
        rows.blind_records.append({**own, "blind": True, "taints": False})


def _checked(audit: CompleteAudit, known: ReferencedData, by: Actor) -> AskedNow:
    """What the template of the audit's round asks of its case, when the audit can be recorded. Raises its Problem."""
    state, template = known.rounds.get(audit.round_id, (None, None))
    if template is None:
        raise Invalid.at("/round_id", "Select a round in your organisation")
    if state is not RoundState.OPEN:
        raise Conflict("This round is not open. You can only record audits in an open round.")
    if isinstance(audit.case_file, uuid.UUID) and audit.auditor_id != by.person_id:
        check_is_not_reader(by, known.readings.get((audit.round_id, audit.case_file), {}).values())
    asking = _asked(audit, template, known)
    faults = [*_faults_of_words(audit, asking, known), *_faults(audit, asking, known)]
    if faults:
        raise Invalid("The audit was not recorded.", faults=tuple(faults))
    return asking


def _faults_of_words(audit: CompleteAudit, asking: AskedNow, known: ReferencedData) -> list[Fault]:
    """What is wrong with the status and the age band of the case: reports of the template could not place it."""
    template = asking.template
    if isinstance(audit.case_file, NewCaseFile):
        return case_files.faults_of_words(audit.case_file, prefix="/case_file", words=template.case_words)
    unfit = template.case_fault(asking.case.status, asking.case.age_band) if audit.case_file in known.case_files else ""
    return [Fault("/case_file", unfit)] if unfit else []


def _asked(audit: CompleteAudit, template: TemplateContent, known: ReferencedData) -> AskedNow:
    """What is asked of the case with these facts and answers to questions; of an unknown case, whatever it is."""
    answers = known_answers(template, audit.questions)
    if isinstance(audit.case_file, NewCaseFile):
        case_file, harms = audit.case_file, tuple(audit.case_file.forms_of_harm)
        case = CaseAsAudited(case_file.status, case_file.age_band, frozenset(harms), audit.case.facts, answers)
    elif audit.case_file in known.case_files:
        stored, harms = known.case_files[audit.case_file]
        case = CaseAsAudited(stored.status, stored.age_band, frozenset(harms), audit.case.facts, answers)
    else:
        case = CaseAsAudited(CLOSED, NOT_KNOWN, facts=audit.case.facts, answers=answers)
    return AskedNow(template, case, what_is_asked(template, case))


def _score_row(score: NewScore) -> dict[str, object]:
    return {
        "theme": score.theme,
        "answer": score.answer,
        "rationale": score.rationale,
        "impact": score.impact,
        "evidence": score.evidence,
        "sources": sources_line(score.sources),
        "version": 1,
    }


def _conclusion_row(conclusion: NewConclusion) -> dict[str, object]:
    return {
        **{part.value: conclusion.text(part) for part in ConclusionPart},
        "minutes": conclusion.minutes,
        "version": 1,
    }


def _faults(audit: CompleteAudit, asking: AskedNow, known: ReferencedData) -> list[Fault]:
    template = asking.template
    faults = _faults_of_case(audit, template, known)
    for place, score in enumerate(audit.scores):
        faults += faults_of_score(asking, score, known.names, prefix=f"/scores/{place}")
    faults += faults_of_questions(asking, audit.questions)
    given = {score.theme: score.answer for score in audit.scores}
    if len(given) < len(audit.scores):
        faults.append(Fault("/scores", "Give each theme one answer only. A theme is listed more than once."))
    own = OwnJudgement(audit.overall_override, audit.override_reason, audit.cap_reason, audit.keep_names)
    faults += faults_of_override(template, own, known.names)
    if audit.conclusion is not None:
        faults += faults_of_conclusion(template, audit.conclusion, known.names, prefix="/conclusion")
    faults += faults_of_case(template, audit.case, known.names)
    faults += faults_of_conversation(template, audit.conversation, known.names, prefix="/conversation")
    faults += faults_of_family_views(template, audit.family_views, known.names, prefix="/family_views")
    faults += faults_of_notes(template, audit.theme_notes, known.names, prefix="/theme_notes")
    # Missing answers can be judged only when the given ones are valid, and the whole only when none is missing.
    texts: dict[str, Mapping[TextName, str]] = {
        score.theme: {"rationale": score.rationale, "impact": score.impact, "evidence": score.evidence}
        for score in audit.scores
    }
    faults = faults or [
        *faults_of_missing_facts(template, audit.case.facts),
        *faults_of_submission(asking, given, texts),
    ]
    return faults or faults_of_judgement(template, asking.asked.answers_to(template.theme_keys, given), own)


def _faults_of_case(audit: CompleteAudit, template: TemplateContent, known: ReferencedData) -> list[Fault]:
    faults = []
    if audit.auditor_id not in known.auditors:
        faults.append(Fault("/auditor_id", "Select an active person with the auditor role"))
    if isinstance(audit.case_file, NewCaseFile):
        harms = frozenset(harm.key for harm in template.forms_of_harm)
        return faults + case_files.faults_of_case_file(
            audit.case_file,
            prefix="/case_file",
            teams=known.teams,
            harms=harms,
            taken=known.references,
            own_words=known.own_words,
        )
    if audit.case_file not in known.case_files:
        return [*faults, Fault("/case_file_id", "Select a case file in your organisation")]
    readings = known.readings.get((audit.round_id, audit.case_file), {})
    if audit.auditor_id in readings.values():
        faults.append(
            Fault(
                "/auditor_id",
                ("This person already has an audit of this case file in this round. Select another auditor."),
            )
        )
    elif len(readings) > 1:
        faults.append(Fault("/case_file_id", "This case file already has 2 readings in this round."))
    return faults
