"""The files of an export, in a zip: one line an answer, one line an audit, and what every column means."""

import gzip
import io
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Final

from api.documents.document import day_in_words
from api.documents.writers.csv import CsvLines
from api.reports.exports.columns import CODEBOOK_HEAD, IDENTITY, AnswerColumn, AuditColumn
from api.reports.exports.columns_beside import EVERY_ANSWER_COLUMN, audit_columns
from api.reports.exports.columns_beside import files_of as files_without_questions
from api.reports.exports.contents import Answer, ExportedAudit, Scope
from api.reports.exports.question_columns import (
    COLUMNS_OF_QUESTIONS,
    QUESTIONS_FILE,
    QuestionColumn,
    lines_of_questions,
)
from checklists.plurals import plural
from checklists.templates.template import NotEvidencedRule

# Excel reads a file as UTF-8 when it has a byte order mark.
ENCODING: Final = "utf-8-sig"
COPIED: Final = 2**20


class ExportWriter:
    """Writes audits with their answers as they come, then the codebook; holds nothing but what is packed."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._packed = io.BytesIO()
        self._archive = zipfile.ZipFile(self._packed, "w", zipfile.ZIP_DEFLATED)
        self._answers_out = io.TextIOWrapper(self._archive.open("answers.csv", "w"), ENCODING, newline="")
        self._answers = CsvLines(self._answers_out)
        # An archive takes one file after another: the second is packed separately until the first is complete.
        self._aside = io.BytesIO()
        self._audits_out = io.TextIOWrapper(gzip.GzipFile(fileobj=self._aside, mode="wb"), ENCODING, newline="")
        self._audits = CsvLines(self._audits_out)
        # Only where the template asks questions.
        self._asked_aside = io.BytesIO()
        self._asked_out = io.TextIOWrapper(gzip.GzipFile(fileobj=self._asked_aside, mode="wb"), ENCODING, newline="")
        self._asked = CsvLines(self._asked_out)
        self._asked.write(column.name for column in COLUMNS_OF_QUESTIONS)
        self._columns = files_of(scope)
        self._of_audits = audit_columns(scope)[len(IDENTITY) :]
        for file, lines in (("answers.csv", self._answers), ("audits.csv", self._audits)):
            lines.write(column.name for column in self._columns[file])
        self._number = 0

    def write(self, audit: ExportedAudit, answers: Sequence[Answer]) -> None:
        """Write an audit with its answers."""
        identity = [column.value(audit) for column in IDENTITY]
        self._audits.write([*identity, *(column.value(audit) for column in self._of_audits)])
        for answer in answers:
            self._answers.write([*identity, *(column.value(answer) for column in EVERY_ANSWER_COLUMN)])
        for line in lines_of_questions(audit):
            self._asked.write([*identity, *line])
        self._number += 1

    def finish(self, *, made_on: date) -> bytes:
        """Write what is missing, and return the zip."""
        self._answers_out.close()
        self._audits_out.close()
        self._asked_out.close()
        self._pack("audits.csv", self._aside)
        if QUESTIONS_FILE in files_of(self._scope):
            self._pack(QUESTIONS_FILE, self._asked_aside)
        with self._text("codebook.csv", ENCODING) as out:
            lines = CsvLines(out)
            lines.write(CODEBOOK_HEAD)
            for file, columns in self._columns.items():
                for column in columns:
                    lines.write((file, column.name, column.kind, column.values(self._scope), column.meaning))
        with self._text("README.txt", "utf-8") as out:
            out.writelines(f"{line}\r\n" for line in readme(self._scope, audits=self._number, made_on=made_on))
        self._archive.close()
        return self._packed.getvalue()

    def _pack(self, name: str, aside: io.BytesIO) -> None:
        aside.seek(0)
        with gzip.GzipFile(fileobj=aside) as lines, self._archive.open(name, "w") as packed:
            shutil.copyfileobj(lines, packed, COPIED)

    @contextmanager
    def _text(self, name: str, encoding: str) -> Iterator[io.TextIOWrapper]:
        with self._archive.open(name, "w") as raw, io.TextIOWrapper(raw, encoding, newline="") as out:
            yield out


def files_of(scope: Scope) -> dict[str, Sequence[AuditColumn | AnswerColumn | QuestionColumn]]:
    """The files of an export with their columns: one of questions where the template asks any."""
    files: dict[str, Sequence[AuditColumn | AnswerColumn | QuestionColumn]] = dict(files_without_questions(scope))
    if scope.template.questions:
        files[QUESTIONS_FILE] = COLUMNS_OF_QUESTIONS
    return files


def readme(scope: Scope, *, audits: int, made_on: date) -> Iterator[str]:
    """What the export holds and how it is counted, line by line."""
    yield f"Answers of {scope.round_title}, {scope.organisation}"
    yield (
        f"Period under review {day_in_words(scope.period_from)} to {day_in_words(scope.period_to)}. "
        f"Exported on {day_in_words(made_on)}. {plural(audits, 'audit')}."
    )
    if scope.deleted:
        yield scope.deleted
    yield "Internal: for people who can read all audits. Contains auditors' text about people."
    yield ""
    yield "Files"
    yield "  answers.csv   one line for each answer"
    yield "  audits.csv    one line for each audit, with its overall judgement; audit_id joins it to answers.csv"
    if QUESTIONS_FILE in files_of(scope):
        yield "  questions.csv one line for each question under a theme, with its answer; audit_id joins it too"
    yield "  codebook.csv  every column with its type, values and meaning; the same list as below"
    yield ""
    yield from _what_is_counted(scope)
    yield ""
    yield "Who audited"
    if scope.has_names:
        yield "  Auditors are named, as requested by a person who can view the list of people."
    else:
        yield (
            "  Auditors are numbered. Each number is 1 person throughout this export, and may be a different "
            "person in the next."
        )
    yield ""
    yield "How to read the files"
    yield "  UTF-8; values separated by commas; text in quotes; dates as year-month-day, in UK time."
    yield (
        "  An apostrophe is added before =, +, - or @ at the start of text, so that spreadsheets do not run it "
        "as a formula."
    )
    for file, columns in files_of(scope).items():
        yield ""
        yield f"Columns of {file}"
        for column in columns:
            yield f"  {column.name} ({column.kind}): {column.meaning}"
            values = column.values(scope)
            if values:
                yield f"    {values}"


def _what_is_counted(scope: Scope) -> Iterator[str]:
    template = scope.template
    yield "What is counted"
    yield "  Audits that are submitted, in moderation, agreed or signed off. If a case has 2 readings, the first."
    if not template.graded:
        yield "  The template has no ratings: every answer is words, and nothing has a share."
        return
    target = "no target yet" if scope.target_percent is None else f"target: {scope.target_percent}%"
    yield f"  Standard: {template.scale.label(template.scale.standard)} or better; {target}."
    if template.not_evidenced is NotEvidencedRule.BELOW_STANDARD:
        yield "  Not evidenced is applicable and counts as below the standard. Not applicable is excluded."
    else:
        yield "  Not evidenced and not applicable are excluded."
    yield "  A theme's share meeting the standard is the mean of meets_standard, as in the reports."
    yield "  Weighted for the sample: the mean of meets_standard weighted by sampling_weight."
