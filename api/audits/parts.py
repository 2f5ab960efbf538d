"""What several pages of an audit show: its case, its themes with their states, and the next step."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from api.access.audits import may_score
from api.audits.actions import ReadAudit
from api.audits.hooks import BESIDE_SCORES, BesideScore
from api.audits.queries import team_of
from api.audits.stored import harms_when_submitted
from api.foundation.permissions import Actor
from api.people.key_holder.queries import key_holder_of
from checklists.audits.scoring import overall_label
from checklists.audits.sources import sources_in_words
from checklists.plurals import plural
from checklists.templates.questions import Question
from checklists.templates.template import LearningDomain, TextName, Theme
from checklists.templates.template import Template as TemplateContent
from models import AuditState, RoundState, Score, ScoringLayout

# A template with more themes is scored by learning domain, unless the auditor chose otherwise.
MOST_THEMES_ALONE = 8
STATE_COLOURS = {
    AuditState.DRAFT: "blue",
    AuditState.RETURNED: "orange",
    AuditState.SUBMITTED: "yellow",
    AuditState.IN_MODERATION: "purple",
    AuditState.AGREED: "turquoise",
    AuditState.SIGNED_OFF: "green",
    AuditState.WITHDRAWN: "grey",
}


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """One question of an audit. `answer`: its label, "" for none yet; `not_asked`: why it is not asked, "" if it is."""

    question: Question
    answer: str
    not_asked: str

    @property
    def shown(self) -> str:
        return "Not asked" if self.not_asked else self.answer or "No answer"


@dataclass(frozen=True, slots=True)
class ThemeLine:
    """One theme of an audit in a list. `bears_on`: the forms of harm of the case that it is most relevant to.

    `answer`: the label of the answer in force; `auditor_answer`: of the auditor's. `lacking`: the labels of the texts
    that the answer needs. `not_asked`: why the theme is not asked, "" if it is.
    """

    theme: Theme
    score: Score | None
    answer: str
    auditor_answer: str
    lacking: tuple[str, ...]
    bears_on: tuple[str, ...]
    path: str
    questions: tuple[QuestionLine, ...] = ()
    not_asked: str = ""

    @property
    def was_changed(self) -> bool:
        """Whether another answer than the auditor's was agreed."""
        return self.answer != self.auditor_answer

    @property
    def unanswered(self) -> int:
        """How many of its questions are asked and have no answer yet."""
        return sum(not line.answer and not line.not_asked for line in self.questions)

    @property
    def sources(self) -> str:
        """Where the auditor's answer comes from, in words."""
        return sources_in_words(self.score.sources) if self.score else ""

    @property
    def status(self) -> str:
        if self.not_asked:
            return "Not asked"
        if self.score is None:
            begun = any(line.answer for line in self.questions)
            return "No answer yet, questions started" if begun else "Not started"
        if self.lacking:
            return f"{self.answer}: {self.lacking[0]} needed"
        if self.unanswered:
            return f"{self.answer}: {plural(self.unanswered, 'question')} left"
        return self.answer

    @property
    def colour(self) -> str:
        """Only themes still to do are highlighted, and never by colour alone."""
        if self.not_asked:
            return ""
        if self.score is None:
            return "blue"
        return "orange" if self.lacking or self.unanswered else ""

    @property
    def hint(self) -> str:
        if self.not_asked:
            return self.not_asked
        return f"Most relevant to this case: {', '.join(self.bears_on)}" if self.bears_on else ""


@dataclass(frozen=True, slots=True)
class DomainLines:
    domain: LearningDomain
    lines: tuple[ThemeLine, ...]

    @property
    def answered(self) -> int:
        return sum(line.score is not None for line in self.lines)

    @property
    def asked(self) -> int:
        return sum(not line.not_asked for line in self.lines)


def beside_scores(session: Session, found: ReadAudit, by: Actor) -> dict[str, list[BesideScore]]:
    """What other rooms show beside the score of each theme."""
    shown: dict[str, list[BesideScore]] = {}
    for of_others in BESIDE_SCORES:
        for theme, texts in of_others(session, found, by).items():
            shown.setdefault(theme, []).extend(texts)
    return shown


def audit_path_of(found: ReadAudit, *parts: str) -> str:
    """The path of the audit's page, or of a page under it."""
    return "/".join((f"/audits/{found.audit.id}", *parts))


def path_of_theme(found: ReadAudit, theme: str, *, layout: ScoringLayout | None = None) -> str:
    """Where the auditor scores a theme, in the given layout or else the one that they prefer."""
    if (layout or layout_of(found)) is ScoringLayout.LEARNING_DOMAIN:
        return f"{audit_path_of(found, 'domains', found.template.domain_of(theme).key)}#theme-{theme}"
    return audit_path_of(found, "themes", theme)


def layout_of(found: ReadAudit) -> ScoringLayout:
    """The layout that the auditor chose; otherwise a page a learning domain where the template has many themes."""
    auditor = found.auditor
    if auditor.chose_layout or auditor.scoring_layout is ScoringLayout.LEARNING_DOMAIN:
        return auditor.scoring_layout
    has_many = len(found.template.theme_keys) > MOST_THEMES_ALONE
    return ScoringLayout.LEARNING_DOMAIN if has_many else ScoringLayout.THEME


def lines_of(found: ReadAudit) -> list[DomainLines]:
    """Every theme by learning domain, in template order."""
    return [
        DomainLines(domain, tuple(_line(found, theme) for theme in domain.themes))
        for domain in found.template.learning_domains
    ]


def _line(found: ReadAudit, theme: Theme) -> ThemeLine:
    score, label = found.scores.get(theme.key), found.template.scale.label
    answer = found.answers_in_force.get(theme.key)
    return ThemeLine(
        theme,
        score,
        label(answer) if answer else "",
        label(score.answer) if score else "",
        tuple(text_label(found.template, name).lower() for name in found.lacking_texts(theme.key)),
        relevant_harms(found, theme),
        "" if theme.key in found.asked.reasons else path_of_theme(found, theme.key),
        question_lines(found, theme),
        found.asked.reasons.get(theme.key, ""),
    )


def question_lines(found: ReadAudit, theme: Theme) -> tuple[QuestionLine, ...]:
    """The questions of a theme with their answers, in order."""
    answers = found.question_answers
    return tuple(
        QuestionLine(
            question,
            question.label_of(answers[question.key]) if question.key in answers else "",
            found.asked.reasons.get(question.key, ""),
        )
        for question in theme.questions
    )


def text_label(template: TemplateContent, name: TextName) -> str:
    """The label of a text of an answer, in the template's own words."""
    return template.own_words.impact if name == "impact" else name.capitalize()


def relevant_harms(found: ReadAudit, theme: Theme) -> tuple[str, ...]:
    """The labels of the case's forms of harm for which this theme is most relevant; none for one that bears on all."""
    if theme.bears_on_all:
        return ()
    return tuple(harm_label(found.template, harm) for harm in theme.forms_of_harm if harm in found.forms_of_harm)


def harm_label(template: TemplateContent, key: str) -> str:
    """The label of a form of harm; a case may have one that this template does not know."""
    try:
        return template.harm_label(key)
    except KeyError:
        return key.replace("-", " ").capitalize()


def case_rows(session: Session, found: ReadAudit) -> list[dict[str, Any]]:
    """The case for a summary list; for a submitted audit, as it was then."""
    audit, case_file = found.audit, found.case_file
    harms: Iterable[str] = found.forms_of_harm
    if audit.submitted_at is not None:
        harms = harms_when_submitted(session, audit)
    team, words = team_of(session, found), found.template.case_words
    labels = sorted(harm_label(found.template, harm) for harm in harms)
    key_holder = key_holder_of(session, audit.organisation_id)
    about_the_key_holder = {"path": "/key-holder", "text": "Find the file", "about": "behind the reference"}
    return [
        {"key": "Case file", "value": case_file.reference},
        {"key": "Key-holder", "value": key_holder.words or "No one named yet", "links": [about_the_key_holder]},
        {"key": "Team", "value": team.name},
        {"key": "Status", "value": words.status_label(audit.status or case_file.status)},
        {"key": "Age band", "value": words.age_label(audit.age_band or case_file.age_band)},
        {
            "key": "Forms of harm" if found.template.is_format_1 else "What the case involves",
            "value": "; ".join(labels) or "None recorded",
        },
        {"key": "Period", "value": found.period_in_words},
    ]


def can_score(actor: Actor, found: ReadAudit) -> bool:
    """Whether to offer this person the forms of the audit. The action checks what they send."""
    return may_score(actor, found.audit) and found.round.state is RoundState.OPEN


def next_step(
    found: ReadAudit,
    *,
    after: str = "",
    answered: frozenset[str] = frozenset(),
    layout: ScoringLayout | None = None,
    facts: bool = True,
) -> str:
    """The path of the next theme that is asked and not complete after this one, starting again at the top; when there
    is none, that of missing facts about the case (if `facts`), and then the page on which answers are checked.

    `answered`: themes answered since the audit was read.
    """
    keys = found.template.theme_keys
    start = keys.index(after) + 1 if after in keys else 0
    for key in (*keys[start:], *keys[:start]):
        if key in found.asked.themes and not found.is_complete(key) and key not in answered:
            return path_of_theme(found, key, layout=layout)
    return audit_path_of(found, "case" if facts and found.case.missing else "check")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an audit is: the themes and questions that are asked, and how many of them have an answer."""

    themes: int
    answered: int
    questions: int
    questions_answered: int

    @property
    def is_begun(self) -> bool:
        return bool(self.answered or self.questions_answered)

    @property
    def is_complete(self) -> bool:
        return self.answered == self.themes and self.questions_answered == self.questions


def progress_of(found: ReadAudit) -> Progress:
    """How far an audit is."""
    asked = found.asked
    return Progress(len(asked.themes), len(found.scores), len(asked.questions), len(found.question_answers))


@dataclass(frozen=True, slots=True)
class OverallWords:
    """The overall judgement of an audit for a page: the one in force, and the auditor's; labels, "" for none."""

    in_force: str
    is_agreed: bool
    # Why the one in force is another than the template's rule gives.
    reason: str
    # What the answers in force give by the rule.
    calculated: str
    auditor: str
    # The judgement that the auditor set themselves, and why; and why it is better than a cap allows without a reason.
    override: str
    override_reason: str
    cap_reason: str
    # The judgement that the auditor chose first, before they saw what their answers give, and when; "" for none.
    first: str
    first_at: datetime | None
    # Whether the auditor has yet to judge the whole, before anybody sees what the answers give.
    is_waiting: bool

    @property
    def source(self) -> str:
        """How the one in force came about."""
        if self.is_agreed:
            return "agreed"
        return "chosen by the auditor" if self.override else "calculated"


def overall_words(found: ReadAudit) -> OverallWords:
    """The overall judgement of an audit in words."""
    audit = found.audit

    def label(overall: str | None) -> str:
        return overall_label(found.template, overall) if overall else ""

    is_agreed = bool(audit.agreed_answers)
    return OverallWords(
        in_force=label(found.overall),
        is_agreed=is_agreed,
        reason=audit.agreed_overall_reason if is_agreed else audit.override_reason,
        calculated=label(found.calculated),
        auditor=label(found.auditor_overall),
        override=label(audit.overall_override),
        override_reason=audit.override_reason,
        cap_reason=audit.cap_reason,
        first=label(found.first_judgement.overall if found.first_judgement else None),
        first_at=found.first_judgement.judged_at if found.first_judgement else None,
        is_waiting=found.waits_for_judgement,
    )
