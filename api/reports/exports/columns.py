"""The columns of the files of an export, each described once: its name, what it holds, and how it is counted.

A column here, or in `columns_beside`, is in the file, in the codebook and in the README.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.documents.writers.csv import Value
from api.foundation.local_time import local_date
from api.reports.exports.contents import Answer, ExportedAudit, Outcome, Scope
from checklists.audits.conclusion import FOR_REPORTS, ConclusionPart
from checklists.audits.scoring import meets_overall, overall_choices, overall_label
from checklists.audits.sources import AnswerSource
from models import AuditMode, AuditState

TEXT, KEY, WHOLE, NUMBER, DAY, YES_NO = "text", "key", "whole number", "number", "date", "yes or no"


@dataclass(frozen=True, slots=True)
class AuditColumn:
    """A column with a value for each audit."""

    name: str
    kind: str
    meaning: str
    value: Callable[[ExportedAudit], Value]
    # What the values mean, for one that has few.
    values: Callable[[Scope], str] = lambda _: ""


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """A column with a value for each answer."""

    name: str
    kind: str
    meaning: str
    value: Callable[[Answer], Value]
    values: Callable[[Scope], str] = lambda _: ""


def listed(pairs: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{key}: {label}" for key, label in pairs)


def _answers(scope: Scope) -> str:
    scale = scope.template.scale
    return listed((key, scale.label(key)) for key in scope.template.counted_answers)


def _ratings(scope: Scope) -> str:
    return listed((overall, overall_label(scope.template, overall)) for overall in overall_choices(scope.template))


def _yes_no(said: bool | None) -> str:
    return "" if said is None else "yes" if said else "no"


def _day(moment: datetime | None) -> str:
    return "" if moment is None else local_date(moment).isoformat()


def _conclusion(part: ConclusionPart) -> Callable[[ExportedAudit], Value]:
    return lambda each: each.conclusion.get(part, "")


def _number_of(outcome: Outcome) -> Callable[[ExportedAudit], Value]:
    return lambda each: each.number_of(outcome)


# Which audit it is: in both files, so that each can be analysed alone.
IDENTITY: Final = (
    AuditColumn(
        "organisation", TEXT, "The organisation whose practice was audited.", lambda each: each.scope.organisation
    ),
    AuditColumn("round", TEXT, "The title of the round.", lambda each: each.scope.round_title),
    AuditColumn(
        "period_from", DAY, "The first day of the period under review.", lambda each: each.scope.period_from.isoformat()
    ),
    AuditColumn(
        "period_to", DAY, "The last day of the period under review.", lambda each: each.scope.period_to.isoformat()
    ),
    AuditColumn(
        "read_from",
        DAY,
        "The first day from which the file was read, if before the period under review; otherwise empty.",
        lambda each: "" if each.scope.read_from is None else each.scope.read_from.isoformat(),
    ),
    AuditColumn("template_key", KEY, "The audit template.", lambda each: each.scope.template.key),
    AuditColumn("template_version", WHOLE, "The version of the template.", lambda each: each.scope.template_version),
    AuditColumn(
        "audit_id", KEY, "The identifier of the audit. Use it to join the files.", lambda each: str(each.audit_id)
    ),
    AuditColumn("case_reference", TEXT, "The case's pseudonymous reference.", lambda each: each.reference),
    AuditColumn("team", TEXT, "The team of the case when the audit was submitted.", lambda each: each.team),
    AuditColumn(
        "case_status",
        KEY,
        "The status of the case when the audit was submitted.",
        lambda each: each.status,
        lambda scope: listed(scope.template.case_words.statuses.items()),
    ),
    AuditColumn(
        "age_band",
        KEY,
        "The age band when the audit was submitted.",
        lambda each: each.age_band,
        lambda scope: listed(scope.template.case_words.age_bands.items()),
    ),
    AuditColumn(
        "forms_of_harm",
        KEY,
        "The case's forms of harm when the audit was submitted, separated by spaces; empty for none.",
        lambda each: " ".join(each.harms),
        lambda scope: listed((harm.key, harm.label) for harm in scope.template.forms_of_harm),
    ),
    AuditColumn(
        "auditor",
        TEXT,
        "The auditor: a number that is the same throughout the export, or a name if names were requested.",
        lambda each: each.auditor,
    ),
    AuditColumn(
        "reading",
        WHOLE,
        "Which reading, if the case is read twice.",
        lambda each: each.reading,
        lambda _: "1: first; 2: second",
    ),
    AuditColumn(
        "audit_mode",
        KEY,
        "The audit method.",
        lambda each: each.mode,
        lambda _: listed((each.value, each.label) for each in AuditMode),
    ),
    AuditColumn(
        "allocated_on", DAY, "The day the audit was allocated to the auditor.", lambda each: _day(each.allocated_at)
    ),
    AuditColumn("submitted_on", DAY, "The day the audit was last submitted.", lambda each: _day(each.submitted_at)),
    AuditColumn(
        "agreed_on", DAY, "The day its answers were agreed; empty until then.", lambda each: _day(each.agreed_at)
    ),
    AuditColumn("signed_on", DAY, "The day it was signed off; empty until then.", lambda each: _day(each.signed_at)),
    AuditColumn(
        "audit_state",
        KEY,
        "The state of the audit when this was exported.",
        lambda each: each.state,
        lambda _: listed((each.value, each.label) for each in AuditState),
    ),
    AuditColumn(
        "sampling_weight",
        NUMBER,
        "The number of cases in the sampling frame that the audit represents; empty if the case was not sampled.",
        lambda each: each.sampling_weight,
    ),
)

AUDIT_COLUMNS: Final = (
    *IDENTITY,
    AuditColumn(
        "overall_calculated",
        KEY,
        "The overall judgement calculated from the auditor's answers by the template's rule.",
        lambda each: each.overall_calculated,
        _ratings,
    ),
    AuditColumn(
        "overall_override",
        KEY,
        "The auditor's own overall judgement; empty if the calculated judgement was kept.",
        lambda each: each.overall_override,
        _ratings,
    ),
    AuditColumn(
        "overall_override_reason",
        TEXT,
        "The auditor's reason for their own judgement.",
        lambda each: each.override_reason,
    ),
    AuditColumn(
        "overall_cap_reason",
        TEXT,
        "The reason why the auditor's judgement is better than the template's cap.",
        lambda each: each.cap_reason,
    ),
    AuditColumn(
        "overall_first",
        KEY,
        "The auditor's judgement before they saw the judgement calculated from their answers; empty if not recorded.",
        lambda each: each.first_judgement.overall if each.first_judgement else "",
        _ratings,
    ),
    AuditColumn(
        "overall_first_at",
        TEXT,
        "When the auditor made that first judgement, in UTC.",
        lambda each: each.first_judgement.judged_at.isoformat() if each.first_judgement else "",
    ),
    AuditColumn(
        "overall_auditor",
        KEY,
        "The auditor's overall judgement: their own, otherwise the calculated judgement.",
        lambda each: each.overall_override or each.overall_calculated,
        _ratings,
    ),
    AuditColumn(
        "overall_agreed",
        KEY,
        "The agreed overall judgement; empty until agreed.",
        lambda each: each.agreed_overall,
        _ratings,
    ),
    AuditColumn(
        "overall_agreed_reason",
        TEXT,
        "The reason why the agreed judgement differs from the one calculated from the agreed answers.",
        lambda each: each.agreed_overall_reason,
    ),
    AuditColumn(
        "overall_counted",
        KEY,
        (
            "The overall judgement counted in reports: the agreed judgement, otherwise the auditor's; empty if there "
            "is no judgement."
        ),
        lambda each: each.overall,
        _ratings,
    ),
    AuditColumn(
        "overall_meets_standard",
        WHOLE,
        "1 if the counted overall judgement meets the standard, 0 if it is below or the file cannot be judged; empty "
        "if there is no judgement. The share meeting the standard overall is the mean of this column.",
        lambda each: int(meets_overall(each.scope.template, each.overall)) if each.overall else None,
        lambda _: "0; 1",
    ),
    *(
        AuditColumn(
            part.value,
            TEXT,
            f"The auditor's conclusion: {part.label}. Empty if nothing was entered.",
            _conclusion(part),
        )
        for part in FOR_REPORTS
    ),
    *(
        AuditColumn(
            f"themes_{outcome.value.replace('-', '_')}",
            WHOLE,
            f"Number of themes where the counted answer is: {outcome.label}.",
            _number_of(outcome),
        )
        for outcome in Outcome
    ),
    AuditColumn(
        "themes_changed",
        WHOLE,
        "Number of answers changed by moderation or consensus; empty until the answers are agreed.",
        lambda each: each.changed,
    ),
)

ANSWER_COLUMNS: Final = (
    AnswerColumn("learning_domain", TEXT, "The learning domain of the theme.", lambda each: each.domain),
    AnswerColumn("theme_key", KEY, "The theme.", lambda each: each.theme),
    AnswerColumn("theme", TEXT, "The theme's label.", lambda each: each.label),
    AnswerColumn("auditor_answer", KEY, "The auditor's answer.", lambda each: each.auditor_answer, _answers),
    AnswerColumn(
        "agreed_answer", KEY, "The agreed answer; empty until agreed.", lambda each: each.agreed_answer, _answers
    ),
    AnswerColumn(
        "counted_answer",
        KEY,
        "The answer counted in reports: the agreed answer, otherwise the auditor's.",
        lambda each: each.counted_answer,
        _answers,
    ),
    AnswerColumn(
        "counted_outcome",
        KEY,
        "The meaning of the counted answer.",
        lambda each: each.outcome.value,
        lambda _: listed((each.value, each.label) for each in Outcome),
    ),
    AnswerColumn(
        "applicable",
        WHOLE,
        "1 if the counted answer is in the denominator of a share, otherwise 0.",
        lambda each: int(each.is_applicable),
        lambda _: "0; 1",
    ),
    AnswerColumn(
        "meets_standard",
        WHOLE,
        "1 if an applicable answer meets the standard, 0 if it is below; empty if not applicable. A theme's "
        "share meeting the standard is the mean of this column.",
        lambda each: int(each.outcome is Outcome.MEETS) if each.is_applicable else None,
        lambda _: "0; 1",
    ),
    AnswerColumn(
        "changed",
        YES_NO,
        "Whether moderation, or the consensus of 2 readers, changed the auditor's answer; empty until agreed.",
        lambda each: _yes_no(each.changed),
        lambda _: "yes; no",
    ),
    AnswerColumn("change_reason", TEXT, "The reason for the change.", lambda each: each.change_reason),
    AnswerColumn("rationale", TEXT, "The auditor's reason for the answer.", lambda each: each.rationale),
    AnswerColumn(
        "impact",
        TEXT,
        "The impact on the person the audit is about, in the auditor's words.",
        lambda each: each.impact,
    ),
    AnswerColumn("evidence", TEXT, "Where the evidence is on file.", lambda each: each.evidence),
    AnswerColumn(
        "sources",
        KEY,
        ("The sources of the auditor's answer, separated by spaces; empty if the template does not ask for sources."),
        lambda each: each.sources,
        lambda _: listed((source.value, source.label) for source in AnswerSource),
    ),
    AnswerColumn(
        "recording_gap",
        YES_NO,
        "Whether the counted answer meets the standard only on verbal information; empty if no source is recorded.",
        lambda each: _yes_no(each.is_recording_gap),
        lambda _: "yes; no",
    ),
    AnswerColumn(
        "strengths",
        TEXT,
        "Strengths in the theme, in the auditor's words; empty if the template does not ask for them.",
        lambda each: "" if each.note is None else each.note.strengths,
    ),
    AnswerColumn(
        "development",
        TEXT,
        "Areas for development in the theme, in the auditor's words.",
        lambda each: "" if each.note is None else each.note.development,
    ),
    AnswerColumn(
        "exemplary",
        YES_NO,
        "Whether the auditor marked the theme as exemplary practice.",
        lambda each: _yes_no(each.note is not None and each.note.exemplary),
        lambda _: "yes; no",
    ),
    AnswerColumn(
        "worker_agrees",
        YES_NO,
        "Whether the practitioner agrees to share the exemplary practice with others; empty if none is marked.",
        lambda each: _yes_no(each.note.worker_agrees if each.note is not None and each.note.exemplary else None),
        lambda _: "yes; no",
    ),
)

CODEBOOK_HEAD: Final = ("file", "column", "type", "values", "meaning")
