"""What several pages of an audit show: its case, its themes with their states, and the next step."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session

from api.access.audits import may_score
from api.audits.actions import ReadAudit
from api.audits.queries import harms_when_submitted, team_of
from api.foundation.permissions import Actor
from checklists.audits.sources import sources_in_words
from checklists.templates.template import LearningDomain, Theme
from checklists.templates.template import Template as TemplateContent
from models import AuditState, RoundState, Score, ScoringLayout

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
class ThemeLine:
    """One theme of an audit in a list. `bears_on`: the forms of harm of the case that it is most relevant to.

    `answer`: the label of the answer in force; `auditor_answer`: of the auditor's.
    """

    theme: Theme
    score: Score | None
    answer: str
    auditor_answer: str
    needs_rationale: bool
    bears_on: tuple[str, ...]
    path: str

    @property
    def was_changed(self) -> bool:
        """Whether another answer than the auditor's was agreed."""
        return self.answer != self.auditor_answer

    @property
    def sources(self) -> str:
        """Where the auditor's answer comes from, in words."""
        return sources_in_words(self.score.sources) if self.score else ""

    @property
    def status(self) -> str:
        if self.score is None:
            return "Not started"
        return f"{self.answer}: rationale needed" if self.needs_rationale else self.answer

    @property
    def colour(self) -> str:
        """Only themes still to do are highlighted, and never by colour alone."""
        if self.score is None:
            return "blue"
        return "orange" if self.needs_rationale else ""

    @property
    def hint(self) -> str:
        return f"Bears most on this case: {', '.join(self.bears_on)}" if self.bears_on else ""


@dataclass(frozen=True, slots=True)
class DomainLines:
    domain: LearningDomain
    lines: tuple[ThemeLine, ...]

    @property
    def answered(self) -> int:
        return sum(line.score is not None for line in self.lines)


def audit_path_of(found: ReadAudit, *parts: str) -> str:
    """The path of the audit's page, or of a page under it."""
    return "/".join((f"/audits/{found.audit.id}", *parts))


def path_of_theme(found: ReadAudit, theme: str, *, layout: ScoringLayout | None = None) -> str:
    """Where the auditor scores a theme, in the given layout or else the one that they prefer."""
    if (layout or found.auditor.scoring_layout) is ScoringLayout.LEARNING_DOMAIN:
        return f"{audit_path_of(found, 'domains', found.template.domain_of(theme).key)}#theme-{theme}"
    return audit_path_of(found, "themes", theme)


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
        found.needs_rationale(theme.key),
        relevant_harms(found, theme),
        path_of_theme(found, theme.key),
    )


def relevant_harms(found: ReadAudit, theme: Theme) -> tuple[str, ...]:
    """The labels of the case's forms of harm for which this theme is most relevant."""
    return tuple(harm_label(found.template, harm) for harm in theme.forms_of_harm if harm in found.forms_of_harm)


def harm_label(template: TemplateContent, key: str) -> str:
    """The label of a form of harm; a case may have one that this template does not know."""
    try:
        return template.harm_label(key)
    except KeyError:
        return key.replace("-", " ").capitalize()


def case_rows(session: Session, found: ReadAudit) -> list[dict[str, str]]:
    """The case for a summary list; for a submitted audit, as it was then."""
    audit, case_file = found.audit, found.case_file
    harms: Iterable[str] = found.forms_of_harm
    if audit.submitted_at is not None:
        harms = harms_when_submitted(session, audit)
    team = team_of(session, found)
    labels = sorted(harm_label(found.template, harm) for harm in harms)
    return [
        {"key": "Case file", "value": case_file.reference},
        {"key": "Team", "value": team.name},
        {"key": "Status", "value": (audit.status or case_file.status).label},
        {"key": "Age band", "value": (audit.age_band or case_file.age_band).label},
        {"key": "Forms of harm", "value": "; ".join(labels) or "None recorded"},
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
) -> str:
    """The path of the next theme without an answer after this one, starting again at the top; when there is none, the
    page on which answers are checked. `answered`: themes answered since the audit was read.
    """
    keys = found.template.theme_keys
    start = keys.index(after) + 1 if after in keys else 0
    for key in (*keys[start:], *keys[:start]):
        if key not in found.scores and key not in answered:
            return path_of_theme(found, key, layout=layout)
    return audit_path_of(found, "check")


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
    # The rating that the auditor set instead of the calculated one, and why.
    override: str
    override_reason: str

    @property
    def source(self) -> str:
        """How the one in force came about."""
        if self.is_agreed:
            return "agreed"
        return "set by the auditor" if self.override else "calculated"


def overall_words(found: ReadAudit) -> OverallWords:
    """The overall judgement of an audit in words."""
    audit, scale = found.audit, found.template.scale

    def label(rating: str | None) -> str:
        return scale.label(rating) if rating else ""

    is_agreed = bool(audit.agreed_answers)
    return OverallWords(
        in_force=label(found.overall),
        is_agreed=is_agreed,
        reason=audit.agreed_overall_reason if is_agreed else audit.override_reason,
        calculated=label(found.calculated),
        auditor=label(found.auditor_overall),
        override=label(audit.overall_override),
        override_reason=audit.override_reason,
    )
