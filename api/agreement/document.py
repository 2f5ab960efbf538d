"""The agreement report as a document: every figure with its n, its interval and a sentence that says what it means."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlmodel import Session

from api.agreement.queries import AgreementReport, Figures, Part, ShiftOf
from api.documents.document import (
    NOTHING,
    Cell,
    Column,
    Document,
    Origin,
    Section,
    Table,
    Tone,
    count,
    decimal,
    share_of,
    text,
)
from api.feedback.representations.queries import RepresentationCounts
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor
from api.reports.gaps.coefficients import ends_of, value_of, value_with_interval
from api.reports.gaps.columns import interval
from api.reports.gaps.sections import MARKING
from api.reports.origins import working_origin
from checklists.plurals import plural
from checklists.reliability.agreement import MINIMUM_CASES
from checklists.reliability.agreement_words import in_words, shift_in_words
from checklists.reliability.coefficients import Measure
from checklists.reliability.optimism import MINIMUM_TO_NAME, Shift, ShiftState
from models import now

# The measures that a table shows for a theme, a kind of pair or a round. All are shown for the whole.
IN_TABLES: Final = (
    Measure.EXACT,
    Measure.WITHIN_ONE,
    Measure.KAPPA_LINEAR,
    Measure.ALPHA_NOMINAL,
    Measure.ALPHA_ORDINAL,
    Measure.AC1,
    Measure.AC2_LINEAR,
)
TONES: Final = {
    ShiftState.GENEROUS: Tone.BAD,
    ShiftState.SEVERE: Tone.UNSURE,
    ShiftState.NO_CLEAR_SHIFT: Tone.NONE,
    ShiftState.TOO_FEW: Tone.FEW,
    ShiftState.NO_DATA: Tone.FEW,
}


def document_of(session: Session, report: AgreementReport, *, by: Actor) -> Document:
    """The report as a document that `by` makes today."""
    pairs, agreed = plural(report.pairs, "case"), plural(report.optimism.whole.n_cases, "audit")
    counted = f"{pairs} with 2 submitted blind readings, and {agreed} with agreed answers."
    # Rounds come newest first.
    origin = working_origin(session, report.rounds[::-1], counted=counted, by=by)
    return agreement_document(report, made_on=local_date(now()), origin=origin)


def agreement_document(report: AgreementReport, *, made_on: date, origin: Origin) -> Document:
    """The report of a round, or of all rounds; without a case that was read twice there are no tables of agreement."""
    title = report.audit_round.title if report.audit_round else "all rounds"
    sections = [_summary(report)]
    if report.pairs:
        sections += _of_pairs(report)
    sections += _of_shifts(report)
    if report.representations.made:
        sections.append(_representations(report.representations))
    return Document(
        title=f"Agreement: {title}",
        subtitle="",
        marking=MARKING,
        made_on=made_on,
        sections=(*sections, _definitions()) if len(sections) > 1 else tuple(sections),
        origin=origin,
        kind="agreement",
        about="" if report.audit_round else "all rounds",
    )


def _of_pairs(report: AgreementReport) -> list[Section]:
    return [
        _whole(report),
        _parts("Theme by theme", "themes", "Theme", (*report.themes, report.judgements)),
        _parts("By kind of pair", "kinds", "Pairs", report.kinds),
        *([_parts("Round by round", "rounds", "Round", report.by_round)] if report.by_round else []),
    ]


def _of_shifts(report: AgreementReport) -> list[Section]:
    if not report.optimism.whole.n_cases:
        return []
    sections = [
        _optimism(report),
        _shifts("theme", "optimism-themes", "Theme", report.optimism.themes),
        _shifts("team of the case", "optimism-teams", "Team", report.optimism.teams),
        _auditors(report),
    ]
    return [section for section in sections if section is not None]


def headline(shift: Shift) -> str:
    """The shift of all audits in a sentence."""
    if shift.mean is None:
        return "No answers have been agreed yet, so it is too early to say whether auditors are over-optimistic."
    if shift.state is ShiftState.TOO_FEW:
        return (
            "Too few to say whether auditors are over-optimistic: "
            f"{plural(shift.n_cases, 'audit')} with agreed answers."
        )
    amount = f"{decimal(abs(shift.mean)).text} of a rating"
    if shift.state is ShiftState.GENEROUS:
        return f"Auditors rated {amount} higher than the agreed answers."
    if shift.state is ShiftState.SEVERE:
        return f"Auditors rated {amount} lower than the agreed answers."
    return "Auditors’ ratings were not clearly higher or lower than the agreed answers."


def _summary(report: AgreementReport) -> Section:
    notes = [*_of_blindness(report), *([report.deleted] if report.deleted else [])]
    if not report.pairs and not report.optimism.whole.n_cases:
        return Section("Summary", paragraphs=(_nothing(report), *notes))
    said = [in_words(report.whole[measure]) for measure in (Measure.EXACT, Measure.WITHIN_ONE, Measure.ALPHA_ORDINAL)]
    if report.left_out:
        names = ", ".join(audit_round.title for audit_round in report.left_out)
        notes.append(f"Excluded because they use a different rating scale: {names}.")
    return Section("Summary", points=(*dict.fromkeys(said), headline(report.optimism.whole), *notes))


def _nothing(report: AgreementReport) -> str:
    if report.deleted:
        return "No audit is left that was read twice or has agreed answers."
    blind = " blind" if _of_blindness(report) else ""
    return f"No case has been read twice{blind}, and no answer has been agreed yet."


def _of_blindness(report: AgreementReport) -> list[str]:
    """How many pairs are counted, and why the others are not."""
    every = report.pairs + report.not_blind + report.without_record
    if not every:
        return []
    said = [f"{report.pairs} of {plural(every, 'case')} read twice counted: read blind by the record."]
    if report.not_blind:
        said.append(
            f"{plural(report.not_blind, 'case')} not counted: a reader had seen another audit of the case, or could"
            " have, before their own reading was submitted."
        )
    if report.without_record:
        said.append(f"{plural(report.without_record, 'case')} not counted: submitted before this was recorded.")
    return said


def _whole(report: AgreementReport) -> Section:
    rows = tuple(
        (
            text(measure.label),
            value_of(found),
            text(ends_of(found)),
            count(found.n_units),
            count(found.n_cases),
            text(in_words(found)),
        )
        for measure, found in report.whole.items()
    )
    columns = (
        Column("Figure"),
        Column("Value", numeric=True),
        Column("95% interval", numeric=True),
        Column("Readings", numeric=True),
        Column("Cases", numeric=True),
        Column("Meaning"),
    )
    words = "All themes together: the first reading of each case compared with the second."
    return Section("Agreement between readers", (words,), table=Table("agreement", "All figures", columns, rows))


def _parts(heading: str, key: str, head: str, parts: Sequence[Part]) -> Section:
    """A row for each part with a case that was read twice."""
    parts = [part for part in parts if part.figures[Measure.EXACT].n_cases]
    columns = (
        Column(head),
        Column("Cases", numeric=True),
        *(Column(measure.label, numeric=True) for measure in IN_TABLES),
    )
    rows = tuple(
        (
            text(part.label),
            count(part.figures[Measure.EXACT].n_cases),
            *(value_with_interval(part.figures.get(measure)) for measure in IN_TABLES),
        )
        for part in parts
    )
    return Section(
        heading,
        points=tuple(f"{part.label}: {_said(part.figures)}" for part in parts),
        table=Table(key, f"Figures {heading[0].lower()}{heading[1:]}", columns, rows),
        sheet="themes" if key == "themes" else "summary",
    )


def _said(figures: Figures) -> str:
    """The main figure for grades in words, or why it is not defined."""
    return in_words(figures[Measure.ALPHA_ORDINAL] if Measure.ALPHA_ORDINAL in figures else figures[Measure.EXACT])


def _optimism(report: AgreementReport) -> Section:
    whole = report.optimism.whole
    return Section(
        "Over-optimism",
        (
            headline(whole),
            shift_in_words(whole),
            (
                "The shift is the auditor’s rating minus the agreed rating, in steps of the scale. "
                "Above 0, the auditor rated higher. An agreed answer is not proof: a shift shows "
                "that 2 people differ and in which direction, not who is right."
            ),
        ),
    )


def _shifts(split_by: str, key: str, head: str, shifts: Sequence[ShiftOf]) -> Section | None:
    if not any(each.shift.n_answers for each in shifts):
        return None
    columns = (
        Column(head),
        Column("Audits", numeric=True),
        Column("Shift in ratings", numeric=True),
        Column("95% interval", numeric=True),
        Column("Lowered", numeric=True),
        Column("Stayed", numeric=True),
        Column("Raised", numeric=True),
        Column("Meaning"),
    )
    rows = tuple((text(each.label), *_shift_cells(each.shift)) for each in shifts)
    return Section(
        f"Over-optimism by {split_by}", table=Table(key, f"Shift by {split_by}", columns, rows), sheet="breakdowns"
    )


def _shift_cells(found: Shift) -> tuple[Cell, ...]:
    ends = "" if found.interval is None else " to ".join(decimal(end, signed=True).text for end in found.interval)
    return (
        count(found.n_cases),
        decimal(found.mean, signed=True) if found.may_name else NOTHING,
        text(ends),
        count(found.lowered),
        count(found.same),
        count(found.raised),
        text(found.state.label, tone=TONES[found.state]),
    )


def _auditors(report: AgreementReport) -> Section | None:
    found = report.optimism
    if not found.auditors and not found.unnamed:
        return None
    made = _shifts("auditor", "optimism-auditors", "Auditor", found.auditors)
    words = []
    if found.unnamed:
        words.append(
            f"{plural(found.unnamed, 'auditor')} with fewer than {MINIMUM_TO_NAME} audits that have "
            "agreed answers. This is too few to say, so they are not named."
        )
    if len(found.auditors) > 1:
        words.append("When many auditors are compared, one may show a clear shift by chance alone.")
    return Section("Over-optimism by auditor", tuple(words), table=made.table if made else None, sheet="breakdowns")


def _representations(found: RepresentationCounts) -> Section:
    """How many of the answered representations of teams were upheld."""
    waiting = found.made - found.decided
    said = (
        "No representation has been answered yet."
        if not found.decided
        else f"{found.upheld:,} of {plural(found.decided, 'answered representation')} upheld"
        f" (95% interval {interval(found.interval)})."
    )
    return Section(
        "Representations of teams",
        (
            said,
            (
                "A representation is a team’s disagreement, with reasons, with the answer to a theme. A moderator who"
                " did not audit the case answers it. Upheld: the moderator agrees with the team."
            ),
        ),
        table=Table(
            "representations",
            "Representations",
            (Column("Representations"), Column("Number", numeric=True), Column("Share", numeric=True)),
            (
                (text("Made"), count(found.made), NOTHING),
                (text("Answered"), count(found.decided), share_of(found.decided, found.made)),
                (text("Upheld, of those answered"), count(found.upheld), share_of(found.upheld, found.decided)),
                (text("Waiting for an answer"), count(waiting), NOTHING),
            ),
        ),
    )


def _definitions() -> Section:
    return Section(
        "What these figures mean",
        points=(
            (
                "Here, a reading is 1 theme of 1 case. Not evidenced counts as 1 step below the "
                "lowest rating. Not applicable does not count as a reading. Agreement is not shown "
                "for a theme with fewer than 2 readings."
            ),
            (
                "Only submitted readings are compared. The first reading is compared with the second, "
                "using each auditor’s own answers."
            ),
            f"With fewer than {MINIMUM_CASES} cases, a figure has no interval and is marked “too few to say”.",
            (
                "Not defined: every answer was the same, so the figure cannot show whether readers "
                "distinguish between cases."
            ),
            (
                "All intervals are 95%: Wilson for shares, Student’s t for shifts (by audit) and "
                "bootstrap for other figures (BCa, by case, fixed seed)."
            ),
            (
                "Alpha (ordinal) is the main figure for ratings. Use AC1 and AC2 when nearly all "
                "cases get the same rating. The descriptions use the bands of Landis and Koch "
                "(1977), applied to the low end of the interval."
            ),
        ),
        sheet="definitions",
    )
