"""The form of a theme's score: what was shown, what was posted, and the result."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from api.audits.actions import ReadAudit
from api.audits.scoring import actions, drafts
from api.audits.scoring.actions import NewScore
from api.audits.scoring.question_fields import QuestionField, stored_field, typed_field
from api.foundation.http.dependencies import Transaction
from api.foundation.pages.choices import Choice, choices_of
from api.foundation.pages.forms import TypedForm
from api.foundation.problems import BadRequest, Fault, Invalid, Stale
from api.foundation.text.free_text import KeepReason
from checklists.audits.sources import AnswerSource, sources_in_words
from checklists.templates.questions import Question
from checklists.templates.template import Theme
from models import ScoreDraft

WORDS = ("rationale", "impact", "evidence")
KEEP_TYPED, KEEP_SAVED = "typed", "saved"


@dataclass(frozen=True, slots=True)
class ScoreForm:
    """The fields of one theme, and of its questions that the page could ask. On a page of several themes the names of
    its own fields begin with the theme's key; the keys of questions are their own.

    `seen_version` is the version of what the page was filled with, 0 when there was nothing, and `seen_mark` a digest
    of the fields of the score: a form without a change never conflicts with another.
    """

    theme: Theme
    prefix: str
    answer: str
    rationale: str
    impact: str
    evidence: str
    seen_version: int
    seen_mark: str
    keep_names: KeepReason | None = None
    questions: tuple[QuestionField, ...] = ()
    # With a space between two.
    sources: str = ""

    @property
    def seen(self) -> str:
        """The value of the hidden field that says what the page was filled with."""
        return f"{self.seen_version}.{self.seen_mark}"

    @property
    def is_score_as_shown(self) -> bool:
        return self.seen_mark == _mark(self.answer, self.rationale, self.impact, self.evidence, self.sources)

    @property
    def is_as_shown(self) -> bool:
        return self.is_score_as_shown and all(field.is_as_shown for field in self.questions)

    @property
    def is_empty(self) -> bool:
        return not (self.answer or self.rationale or self.impact or self.evidence or self.sources)

    @property
    def source_choices(self) -> list[Choice]:
        """Where the answer may come from, as choices of the form."""
        return choices_of(tuple(AnswerSource))

    @property
    def sources_in_words(self) -> str:
        return sources_in_words(self.sources)

    @property
    def asked(self) -> str:
        """The value of the hidden field that says which questions the page could ask, and how they were answered."""
        return " ".join(f"{field.question.key}:{field.was}" for field in self.questions)

    def answers_to_questions(self) -> dict[str, str]:
        return {field.question.key: field.answer for field in self.questions}

    def new_score(self, asked: Iterable[str]) -> NewScore:
        """What was changed, of questions only the ones that are asked: others may have been left behind on the page."""
        changed = {field.question.key: field.answer for field in self.questions if not field.is_as_shown}
        questions = {key: changed[key] for key in asked if key in changed}
        if self.is_score_as_shown:
            return NewScore(self.theme.key, "", version=self.seen_version, questions=questions)
        words = (self.rationale, self.impact, self.evidence)
        new = NewScore(self.theme.key, self.answer, *words, self.seen_version, self.keep_names, questions)
        return new._replace(sources=self.sources.split())

    def seen_again(self, found: ReadAudit) -> "ScoreForm":
        """The same changes, to what is saved now."""
        fresh = stored(found, self.theme, prefix=self.prefix, questions=[field.question for field in self.questions])
        fields = tuple(
            now if typed.is_as_shown else replace(typed, was=now.was)
            for typed, now in zip(self.questions, fresh.questions, strict=True)
        )
        mine = fresh if self.is_score_as_shown else self
        return replace(mine, seen_version=fresh.seen_version, seen_mark=fresh.seen_mark, questions=fields)


@dataclass(slots=True)
class SaveResult:
    """The result for the themes that were sent: saved, to be corrected, or changed meanwhile in another window.

    `found`: the audit as it is now.
    """

    found: ReadAudit
    saved: list[ScoreForm] = field(default_factory=list)
    faulty: list[ScoreForm] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    conflicting: list[ScoreForm] = field(default_factory=list)

    @property
    def unsaved(self) -> dict[str, ScoreForm]:
        return {form.theme.key: form for form in (*self.faulty, *self.conflicting)}


def prefix_of(theme: Theme, *, alone: bool) -> str:
    # A theme's key never contains two hyphens in a row.
    return "" if alone else f"{theme.key}--"


def stored(found: ReadAudit, theme: Theme, *, prefix: str = "", questions: Iterable[Question] = ()) -> ScoreForm:
    """The stored fields, with those of these questions of the theme."""
    score = found.scores.get(theme.key)
    answer = score.answer if score else ""
    rationale, impact, evidence = (_as_sent(getattr(score, name)) if score else "" for name in WORDS)
    rows = found.asking.rows
    sources = score.sources if score else ""
    fields = tuple(stored_field(each, rows[each.key].answer if each.key in rows else "") for each in questions)
    return ScoreForm(
        theme,
        prefix,
        answer,
        rationale,
        impact,
        evidence,
        found.theme_version(theme.key),
        _mark(answer, rationale, impact, evidence, sources),
        questions=fields,
        sources=sources,
    )


def typed(form: TypedForm, theme: Theme, *, prefix: str = "") -> ScoreForm:
    """The fields as they were sent. Raises BadRequest when the page does not say what it was filled with."""
    match = re.fullmatch(r"([0-9]{1,9})\.([0-9a-f]{16})", form.text(f"{prefix}seen"), re.ASCII)
    if match is None:
        raise BadRequest("The form is out of date. Open the page again and repeat your change.")
    answer, rationale, impact, evidence = (form.text(f"{prefix}{name}") for name in ("answer", *WORDS))
    keep = form.keep_names(prefix)
    asked = dict(part.partition(":")[::2] for part in form.text(f"{prefix}asked").split())
    return ScoreForm(
        theme,
        prefix,
        answer,
        rationale,
        impact,
        evidence,
        int(match[1]),
        match[2],
        keep,
        tuple(
            typed_field(form, question, asked[question.key]) for question in theme.questions if question.key in asked
        ),
        " ".join(form.texts(f"{prefix}sources")),
    )


def typed_themes(form: TypedForm, themes: Iterable[Theme], *, alone: bool) -> list[ScoreForm]:
    """The themes that were sent."""
    return [
        typed(form, theme, prefix=prefix)
        for theme in themes
        if form.has(f"{(prefix := prefix_of(theme, alone=alone))}seen")
    ]


def save(acting: Transaction, found: ReadAudit, forms: Sequence[ScoreForm]) -> SaveResult:
    """Save each theme that was changed. One that cannot be saved does not block the others, and is kept in the outcome.

    `found`: with its lock, in this transaction. Raises Conflict or NotAllowed when the audit cannot be scored at all;
    then nothing is saved.
    """
    outcome = SaveResult(found)
    answers = {key: answer for form in forms for key, answer in form.answers_to_questions().items()}
    asked = found.asking.with_answers(answers).asked.questions
    for form in forms:
        if form.is_as_shown:
            continue
        if not form.answer and not form.is_score_as_shown:
            outcome.faulty.append(form)
            outcome.faults.append(no_answer(form))
            continue
        new = form.new_score(asked)
        if form.is_score_as_shown and not new.questions:
            continue
        try:
            with acting.attempt():
                outcome.found = actions.score_found(acting.session, found=outcome.found, scores=[new], by=acting.actor)
        except Invalid as invalid:
            outcome.faulty.append(form)
            outcome.faults += [_placed(form, fault) for fault in invalid.faults]
        except Stale:
            outcome.conflicting.append(form)
        else:
            outcome.saved.append(form)
    settled = {form.theme.key for form in forms} - outcome.unsaved.keys()
    if settled:
        drafts.discard_drafts(acting.session, found.audit, settled)
    return outcome


def is_draft(form: TypedForm) -> bool:
    """Whether a form asks only to keep what was typed."""
    return form.text("do") == "draft"


def keep_drafts(acting: Transaction, found: ReadAudit, form: TypedForm, sent: Sequence[ScoreForm]) -> SaveResult:
    """Keep as drafts what was typed and differs from what is saved."""
    outcome = SaveResult(found)
    for each in sent:
        if each.is_as_shown:
            continue
        try:
            with acting.session.begin_nested():
                drafts.save_draft(
                    acting.session,
                    audit_id=found.audit.id,
                    theme=each.theme.key,
                    seen=each.seen,
                    fields=_fields_to_keep(form, each),
                    by=acting.actor,
                )
        except Invalid as invalid:
            outcome.faulty.append(each)
            outcome.faults += [_placed(each, fault) for fault in invalid.faults]
        except Stale:
            outcome.conflicting.append(each)
        else:
            outcome.saved.append(each)
    return outcome


def _fields_to_keep(form: TypedForm, shown: ScoreForm) -> dict[str, list[str]]:
    """The fields of one theme, without the prefix of a page of several themes."""
    own = {f"{shown.prefix}{name}": name for name in ("answer", *WORDS, "sources", "asked")}
    questions = {
        name: name
        for question in shown.theme.questions
        for name in (f"questions/{question.key}{part}" for part in ("", "-typed", "-year"))
    }
    return {kept: list(form.typed[name]) for name, kept in (own | questions).items() if name in form.typed}


def drafted(draft: ScoreDraft, theme: Theme, *, prefix: str = "") -> ScoreForm:
    """The fields of a theme as its auditor typed them last."""
    fields = {
        name if name.startswith("questions/") else f"{prefix}{name}": values
        for name, values in drafts.fields_of(draft).items()
    }
    return typed(TypedForm(typed={**fields, f"{prefix}seen": [draft.seen]}), theme, prefix=prefix)


def no_answer(form: ScoreForm) -> Fault:
    words = "Select an answer for" if form.is_empty else "To save your text, select an answer for"
    return Fault(f"{form.prefix}answer", f"{words} “{form.theme.label}”.")


def _placed(form: ScoreForm, fault: Fault) -> Fault:
    """The fault at its field; with the theme's name when the page has several themes."""
    if fault.pointer.startswith("/questions/"):
        return fault
    detail = f"{form.theme.label}: {fault.detail}" if form.prefix else fault.detail
    return replace(fault, pointer=f"{form.prefix}{fault.pointer.removeprefix('/')}", detail=detail)


def _as_sent(words: str) -> str:
    """Stored texts as a browser returns them unchanged."""
    return words.replace("\r\n", "\n").replace("\r", "\n").rstrip()


def _mark(*fields: str) -> str:
    return hashlib.sha256(repr(fields).encode()).hexdigest()[:16]
