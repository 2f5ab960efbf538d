"""What the sheet of an audit would save: each part checked as its form is, and compared with what is saved now."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from api.audits.actions import ReadAudit
from api.audits.asked import AskedNow
from api.audits.case.actions import NewCase, faults_of_case
from api.audits.conclusion.actions import NewConclusion, faults_of_conclusion
from api.audits.scoring.actions import NewScore, faults_of_score
from api.audits.scoring.judgement import OwnJudgement, faults_of_override
from api.audits.workbooks.content import (
    ANSWER,
    CAP_REASON,
    CASE,
    CONCLUSION,
    EVIDENCE,
    IMPACT,
    KEEP,
    MINUTES,
    MODE,
    OVERALL,
    SOURCE_LABELS,
    SOURCES,
    SYNOPSIS,
    TEXT,
    WHOLE,
    Part,
    SheetRow,
    mark_of,
    parts_of,
    stored_cells,
)
from api.audits.workbooks.reading import FILE, TypedSheet, refuse_workbook
from api.foundation.problems import Fault, Stale
from api.foundation.text.free_text import KeepReason, NameCheck
from checklists.audits.asking import what_is_asked
from checklists.audits.conclusion import ConclusionPart
from checklists.audits.sources import sources_line
from checklists.templates.questions import Question, QuestionKind
from checklists.templates.scale import RESERVED_LABELS
from models import AuditMode

# What to keep of a part that was changed meanwhile: the saved version, or what was typed, with the mark of the saved
# version that a person saw when they chose.
KEEP_SAVED: Final = "saved"
KEEP_PATTERN: Final = r"^(saved|typed:[0-9a-f]{16})$"
_COLUMN_OF: Final = {"answer": ANSWER, "rationale": TEXT, "impact": IMPACT, "evidence": EVIDENCE, "sources": SOURCES}
_MONTH: Final = re.compile(r"(?:(\d{4})-(\d{1,2})|(\d{1,2})[ /-](\d{4}))")

Typed = dict[tuple[str, str], str]


@dataclass(slots=True)
class PlannedSheet:
    """What a sheet would save of an audit. `changed`: its parts to save; `conflicts`: parts that somebody changed
    meanwhile too, about which a person decides; `faults`: each with its sheet and cell.
    """

    found: ReadAudit
    sheet: TypedSheet
    typed: Typed
    changed: list[Part] = field(default_factory=list)
    conflicts: list[Part] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, row: str, column: str, words: str, found: Fault | None = None) -> None:
        """Add a fault at its cell, with what `found` says of the text."""
        at_cell = Fault(FILE, self.sheet.fault(row, column, words))
        if found is not None:
            at_cell = replace(at_cell, places=found.places, may_be_kept=found.may_be_kept)
        self.faults.append(at_cell)

    def check(self) -> None:
        """Raise Invalid with every fault, and Stale while it is not decided what to keep."""
        refuse_workbook(self.faults)
        if self.conflicts:
            raise Stale("The audit was changed meanwhile. Choose what to keep.")

    def stored_mark(self, part: Part) -> str:
        """The mark of what is saved of a part now."""
        return mark_of(part, stored_cells(self.found))

    def text(self, row: str, column: str = TEXT) -> str:
        return self.typed.get((row, column), "")

    def keep(self, part: Part) -> KeepReason | None:
        """The reason why names in the texts of a part are allowed."""
        return next((KeepReason(self.text(row.key, KEEP)) for row in part.rows if self.text(row.key, KEEP)), None)

    def part(self, key: str) -> Part | None:
        return next((part for part in self.changed if part.key == key), None)


def plan_sheet(
    found: ReadAudit, sheet: TypedSheet, marks: Mapping[str, str], keep: Mapping[str, str], names: NameCheck
) -> PlannedSheet:
    """What the sheet would save. `marks`: of each part when it was downloaded; `keep`: by part, for the parts that were
    changed meanwhile.
    """
    plan = PlannedSheet(found, sheet, {})
    parts, now = parts_of(found.template), stored_cells(found)
    for part in parts:
        for row in part.rows:
            _convert(plan, row)
    for part in parts:
        mine, stored, seen = mark_of(part, plan.typed), mark_of(part, now), marks[part.key]
        if mine in {seen, stored}:
            continue
        if stored == seen or keep.get(part.key) == keep_typed(stored):
            plan.changed.append(part)
        elif keep.get(part.key) != KEEP_SAVED:
            plan.conflicts.append(part)
    _check(plan, names)
    return plan


def keep_typed(stored: str) -> str:
    """The choice to replace the saved version with this mark."""
    return f"typed:{stored}"


def _convert(plan: PlannedSheet, row: SheetRow) -> None:
    """The typed cells of a row as they are stored: keys for labels."""
    typed = plan.sheet.cells.get(row.key, {})
    for column in row.columns:
        text = typed.get(column, "")
        if not text:
            continue
        stored: str | None = text
        if column == ANSWER:
            stored = _answer(plan, row, text.strip())
        elif column == SOURCES:
            stored = _sources(text)
        elif column == KEEP:
            stored = key_of_typed({reason.value: reason.label for reason in KeepReason}, text)
        if stored is None:
            plan.fault(row.key, column, "Select an option from the list.")
        else:
            plan.typed[row.key, column] = stored
    for column, text in typed.items():
        if column not in row.columns and text:
            plan.fault(row.key, column, "This is not asked here. Clear the cell.")


def key_of_typed(labels: Mapping[str, str], text: str) -> str | None:
    """The key of what was typed. A label is what people see, so it comes before a key of the same word."""
    wanted = text.strip().casefold()
    by_label = (key for key, label in labels.items() if label.casefold() == wanted)
    return next(by_label, next((key for key in labels if key.casefold() == wanted), None))


def _sources(text: str) -> str | None:
    found = [key_of_typed(SOURCE_LABELS, each) for each in re.split(r"[;,\n]", text) if each.strip()]
    return None if None in found else sources_line([each for each in found if each is not None])


def _answer(plan: PlannedSheet, row: SheetRow, text: str) -> str | None:
    if row.choices is not None:
        return key_of_typed(row.choices, text)
    kind, _, key = row.key.partition("/")
    if kind != "question":
        return text
    reserved = key_of_typed(RESERVED_LABELS, text)
    return reserved or _typed_answer(plan.found.template.question(key), text)


def _typed_answer(question: Question, text: str) -> str:
    """A number or month as it is stored; any other text is left unchanged, and refused by that text."""
    if question.kind is QuestionKind.MONTH:
        match = _MONTH.fullmatch(text)
        if match is None:
            return text
        year, month = (match[1], match[2]) if match[1] else (match[4], match[3])
        return f"{year}-{month.zfill(2)}"
    whole = text.removesuffix(" days").removesuffix(" day").removesuffix(".0").strip()
    return (whole.lstrip("0") or "0") if whole.isascii() and whole.isdecimal() else text


def asking_after(plan: PlannedSheet) -> AskedNow:
    """What the audit asks once the changed facts and questions are stored."""
    asking = plan.found.asking
    if plan.part(CASE) is not None:
        case = replace(asking.case, facts={**plan.found.case.filled, **new_case(plan).facts})
        asking = replace(asking, case=case, asked=what_is_asked(asking.template, case))
    questions = {key: answer for part in plan.changed for key, answer in changed_questions(plan, part).items()}
    return asking.with_answers(questions)


def changed_questions(plan: PlannedSheet, part: Part) -> dict[str, str]:
    """The answers to questions of a theme that are others than those stored; "" takes one back."""
    stored = plan.found.question_answers
    keys = [row.key.partition("/")[2] for row in part.rows if row.key.startswith("question/")]
    typed = {key: plan.text(f"question/{key}", ANSWER) for key in keys}
    return {key: answer for key, answer in typed.items() if answer != stored.get(key, "")}


def new_scores(plan: PlannedSheet) -> list[tuple[Part, NewScore]]:
    """The changed answers to themes, each with the version of what it replaces."""
    found, made = plan.found, []
    stored = stored_cells(found)
    for part in plan.changed:
        if part.theme is None:
            continue
        key, questions = part.theme.key, changed_questions(plan, part)
        head = part.rows[0]
        as_stored = all(
            plan.text(head.key, column) == stored.get((head.key, column), "")
            for column in head.columns
            if column != KEEP
        )
        version = found.theme_version(key)
        if as_stored:
            made.append((part, NewScore(key, "", version=version, questions=questions)))
            continue
        # Fields without a cell on the sheet are not changed.
        answer, text, impact, evidence, sources = (
            (plan.typed if column in head.columns else stored).get((head.key, column), "")
            for column in (ANSWER, TEXT, IMPACT, EVIDENCE, SOURCES)
        )
        new = NewScore(
            key,
            answer,
            rationale=text,
            impact=impact,
            evidence=evidence,
            version=version,
            keep_names=plan.keep(part),
            questions=questions,
            sources=sources.split(),
        )
        made.append((part, new))
    return made


def new_case(plan: PlannedSheet) -> NewCase:
    """The case as it is to be."""
    facts = {
        fact.key: choice for fact in plan.found.template.case_facts if (choice := plan.text(f"fact/{fact.key}", ANSWER))
    }
    part = plan.part(CASE)
    return NewCase(facts, plan.text(SYNOPSIS), None if part is None else plan.keep(part))


def new_conclusion(plan: PlannedSheet) -> NewConclusion:
    """The conclusion as it is to be. Minutes that are not a number become 0, which is refused."""
    minutes = plan.text(MINUTES, ANSWER).removesuffix(".0")
    whole = int(minutes) if minutes.isascii() and minutes.isdecimal() and len(minutes) <= 6 else 0
    part = plan.part(CONCLUSION)
    keep = None if part is None else plan.keep(part)
    return NewConclusion([plan.text(each.value) for each in ConclusionPart], keep, whole if minutes else None)


def new_judgement(plan: PlannedSheet) -> tuple[AuditMode, OwnJudgement]:
    """How the audit was done, and the auditor's own judgement."""
    part = plan.part(WHOLE)
    keep = None if part is None else plan.keep(part)
    own = OwnJudgement(plan.text(OVERALL, ANSWER), plan.text(OVERALL), plan.text(CAP_REASON), keep)
    mode = plan.text(MODE, ANSWER)
    return AuditMode(mode) if mode else plan.found.audit.mode, own


def _check(plan: PlannedSheet, names: NameCheck) -> None:
    """Every fault of what would be saved, found without writing anything."""
    found, template = plan.found, plan.found.template
    after = asking_after(plan)
    for part, new in new_scores(plan):
        head = part.rows[0].key
        if not new.answer and not new.is_of_questions_only:
            words = "Select an answer. To clear a saved answer, open the theme on its page."
            plan.fault(head, ANSWER, words)
            continue
        was = found.every_score.get(new.theme)
        for fault in faults_of_score(after, new, names, prefix="", was=was):
            plan.fault(*_place_of_score(head, fault), fault.detail, fault)
    if plan.part(CASE) is not None:
        for fault in faults_of_case(template, new_case(plan), names, was=found.case.synopsis):
            key = fault.pointer.removeprefix("/facts/")
            row = (SYNOPSIS, TEXT) if fault.pointer == "/synopsis" else (f"fact/{key}", ANSWER)
            plan.fault(*row, fault.detail, fault)
    if plan.part(CONCLUSION) is not None:
        for fault in faults_of_conclusion(template, new_conclusion(plan), names, was=found.conclusion):
            key = fault.pointer.removeprefix("/")
            plan.fault(key, ANSWER if key == MINUTES else TEXT, fault.detail, fault)
    if plan.part(WHOLE) is not None:
        _, own = new_judgement(plan)
        places = {"/override_reason": (OVERALL, TEXT), "/cap_reason": (CAP_REASON, TEXT)}
        for fault in faults_of_override(template, own, names, was=OwnJudgement.of(found.audit)):
            plan.fault(*places.get(fault.pointer, (OVERALL, ANSWER)), fault.detail, fault)


def _place_of_score(head: str, fault: Fault) -> tuple[str, str]:
    if fault.pointer.startswith("/questions/"):
        return f"question/{fault.pointer.removeprefix('/questions/')}", ANSWER
    return head, _COLUMN_OF.get(fault.pointer.removeprefix("/"), ANSWER)


def shown_cells(plan: PlannedSheet, part: Part, *, typed: bool) -> Iterator[tuple[str, str]]:
    """What a part holds, as typed or as saved now, for a person who chooses: a label and its text."""
    cells: Mapping[tuple[str, str], str] = plan.typed if typed else stored_cells(plan.found)
    for row in part.rows:
        for column in row.columns:
            text = cells.get((row.key, column), "")
            if column == KEEP or not text:
                continue
            if column == ANSWER and row.choices is not None:
                text = row.choices.get(text, text)
            elif column == SOURCES:
                text = "; ".join(SOURCE_LABELS.get(each, each) for each in text.split())
            yield row.asked.partition("\n")[0], text
