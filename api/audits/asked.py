"""What an audit asks of its case now."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlmodel import Session

from api.audits.case.queries import filled_by_case_list
from api.audits.stored import answers_of_each, facts_of_each, harms_of_each
from api.case_files.actions import harms_of
from checklists.audits.asking import Asked, what_is_asked
from checklists.audits.audit_states import EDITABLE_STATES
from checklists.templates.conditions import CaseAsAudited
from checklists.templates.template import Template as TemplateContent
from models import Audit, CaseFile, QuestionAnswer, Round

Rows = Mapping[str, QuestionAnswer]


@dataclass(frozen=True)
class AskedNow:
    """What an audit asks. `case`: what conditions are asked of; `rows`: the stored answers to questions, by key, those
    to questions that are no longer asked among them.
    """

    template: TemplateContent
    case: CaseAsAudited
    asked: Asked
    rows: Rows = field(default_factory=dict)

    @property
    def answers(self) -> dict[str, str]:
        """The answers to the questions that are asked, by key."""
        return {key: self.case.answers[key] for key in self.asked.questions if key in self.case.answers}

    def with_answers(self, new: Mapping[str, str]) -> "AskedNow":
        """What is asked once these questions have these answers; "" for none."""
        answers = {key: answer for key, answer in {**self.case.answers, **new}.items() if answer}
        case = replace(self.case, answers=answers)
        return replace(self, case=case, asked=what_is_asked(self.template, case))

    def version_of(self, theme: str, version_of_score: int) -> int:
        """The version of what is stored under a theme: of its score or of the newest answer to one of its questions."""
        if not self.rows or not self.template.has_theme(theme):
            return version_of_score
        own = (question.key for question in self.template.theme(theme).questions)
        return max(version_of_score, *(self.rows[key].version if key in self.rows else 0 for key in own), 0)


def asked_now(session: Session, audit: Audit, case_file: CaseFile, template: TemplateContent) -> AskedNow:
    """What an audit asks now; once it is submitted, of its case as it was then."""
    return asked_by_each(session, [(audit, case_file, template)])[audit.id]


def asked_by_each(
    session: Session, audits: Sequence[tuple[Audit, CaseFile, TemplateContent]]
) -> dict[uuid.UUID, AskedNow]:
    """The same for several audits of one organisation, with a few queries for all of them."""
    conditional = [(audit, case_file) for audit, case_file, template in audits if template.has_conditions]
    involved = _involved(session, conditional)
    facts = facts_of_each(session, [audit for audit, _, template in audits if template.case_facts])
    rows = answers_of_each(session, [audit for audit, _, template in audits if template.questions])
    found = {}
    for audit, case_file, template in audits:
        status, age_band = case_file.status, case_file.age_band
        if audit.state not in EDITABLE_STATES:
            status, age_band = audit.status or status, audit.age_band or age_band
        own = rows.get(audit.id, {})
        answers = {key: row.answer for key, row in own.items()}
        harms = frozenset(involved.get(audit.id, ()))
        case = CaseAsAudited(status, age_band, harms, facts.get(audit.id, {}), answers)
        if template.has_conditions and template.case_facts:
            audit_round = session.get_one(Round, (audit.organisation_id, audit.round_id))
            filled = filled_by_case_list(audit, template=template, case_file=case_file, audit_round=audit_round)
            case = replace(case, facts={**filled, **case.facts})
        found[audit.id] = AskedNow(template, case, what_is_asked(template, case), own)
    return found


def _involved(session: Session, audits: Collection[tuple[Audit, CaseFile]]) -> Mapping[uuid.UUID, Iterable[str]]:
    """What each case involves: what it is tagged with now, or was when its audit was submitted."""
    submitted = harms_of_each(session, [audit for audit, _ in audits if audit.state not in EDITABLE_STATES])
    open_ones = {audit.id: case_file for audit, case_file in audits if audit.state in EDITABLE_STATES}
    now = harms_of(session, list(open_ones.values())) if open_ones else {}
    return {**submitted, **{audit_id: now[case_file.id] for audit_id, case_file in open_ones.items()}}
