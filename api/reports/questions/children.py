"""The children that counted audits are about: status, age band, what the cases involve, and the facts about them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlmodel import Session

from api.documents.document import Column, Section, Table, count, share_of, text
from api.foundation.permissions import Actor
from api.reports.breakdowns import WHAT_IT_INVOLVES, Breakdown
from api.reports.gaps.queries import GapReport, labels_in
from checklists.templates.asks import CaseFact
from checklists.templates.parts import TagKind
from checklists.templates.scale import NOT_ASKED, NOT_ASKED_LABEL, RESERVED_LABELS
from checklists.templates.template import Template as TemplateContent


class CaseKind(NamedTuple):
    """A kind of case, and how many counted audits are about one."""

    key: str
    label: str
    number: int


@dataclass(frozen=True, slots=True)
class CaseTrait:
    """A way in which cases differ, its kinds in order, and how many audits say which kind their case is."""

    key: str
    label: str
    kinds: tuple[CaseKind, ...]
    audits: int


def cases_of(session: Session, report: GapReport, *, by: Actor) -> tuple[CaseTrait, ...]:
    """The cases of a report of all its audits. A fact of which no audit says anything is left out.

    Rounds may be of templates with other words for their cases: every counted case is among the kinds.
    """
    template, audits = report.template, report.counted
    contents = [counts.content for counts in report.counts]
    traits: list[CaseTrait] = []
    for breakdown in (Breakdown.STATUS, Breakdown.AGE_BAND, Breakdown.FORM_OF_HARM):
        sizes: Counter[str] = Counter()
        for counts in report.counts:
            sizes.update(counts.sizes(breakdown))
        own = breakdown.grouping.labels(session, by.organisation_id, template)
        labels = own | _of_some(labels_in(session, breakdown, contents, by.organisation_id), sizes)
        if breakdown is Breakdown.FORM_OF_HARM:
            traits += _involved(contents, labels, sizes, audits)
        else:
            traits.append(_trait(breakdown.value, breakdown.label, labels, sizes, audits))
    facts = next((group.facts for group in report.groups if not group.key), {})
    return (*traits, *_facts(contents, facts))


def _of_some(labels: Mapping[str, str], sizes: Mapping[str, int]) -> dict[str, str]:
    """The labels of the kinds that occur among the cases; a kind that no template names has its key as label."""
    present = {key: label for key, label in labels.items() if sizes.get(key)}
    return present | {key: key for key in sorted(sizes) if sizes[key] and key not in labels}


def children_section(template: TemplateContent, traits: Sequence[CaseTrait]) -> Section:
    """The first table of a report: a row for each kind of case."""
    words = template.own_words
    rows = tuple(
        (text(trait.label), text(kind.label), count(kind.number), share_of(kind.number, trait.audits))
        for trait in traits
        for kind in trait.kinds
    )
    units = f"{words.units[:1].upper()}{words.units[1:]}"
    columns = (Column("Fact"), Column("Answer"), Column(units, numeric=True), Column("Share of all", numeric=True))
    return Section(
        f"The {words.subjects}",
        table=Table("children", f"{units} counted, by facts about the case", columns, rows),
    )


def fact_label(fact: CaseFact, choice: str) -> str:
    """A choice of a fact, or that there is none, as people read it."""
    if fact.is_answer(choice):
        return fact.label_of(choice)
    return NOT_ASKED_LABEL if choice == NOT_ASKED else RESERVED_LABELS.get(choice) or "Not known"


def _involved(
    contents: Sequence[TemplateContent], labels: Mapping[str, str], sizes: Mapping[str, int], audits: int
) -> Iterator[CaseTrait]:
    """What the cases involve, each kind of it apart. In format 1 nothing says of which kind a tag is."""
    template = contents[-1]
    if template.is_format_1:
        yield _trait("involves", WHAT_IT_INVOLVES, labels, sizes, audits, only_present=True)
        return
    kinds = {tag.key: tag.kind for content in contents for tag in content.forms_of_harm}
    for kind in TagKind:
        of_kind = {key: label for key, label in labels.items() if kinds.get(key, TagKind.HARM) is kind}
        if of_kind:
            label = kind.label.replace("the child", f"the {template.own_words.subject}")
            yield _trait(f"involves-{kind.value}", label, of_kind, sizes, audits, only_present=True)


def _facts(contents: Sequence[TemplateContent], counts: Mapping[tuple[str, str], int]) -> Iterator[CaseTrait]:
    for fact in contents[-1].case_facts:
        sizes = {choice: number for (key, choice), number in counts.items() if key == fact.key}
        if not sizes:
            continue
        asked = [fact, *(content.fact(fact.key) for content in reversed(contents) if content.has_fact(fact.key))]
        labels = {choice.key: choice.label for choice in fact.offered}
        labels |= {choice: _label_in(asked, choice) for choice in sizes if choice not in labels}
        yield _trait(f"fact:{fact.key}", fact.title, labels, sizes, sum(sizes.values()))


def _label_in(asked: Sequence[CaseFact], choice: str) -> str:
    """A choice as the first of these versions of a fact that offers it has it."""
    return fact_label(next((fact for fact in asked if fact.is_answer(choice)), asked[0]), choice)


def _trait(
    key: str,
    label: str,
    labels: Mapping[str, str],
    sizes: Mapping[str, int],
    audits: int,
    *,
    only_present: bool = False,
) -> CaseTrait:
    """Every kind in its order, those without a case included; of tags, only the ones of some case."""
    kinds = (CaseKind(value, words, sizes.get(value, 0)) for value, words in labels.items())
    return CaseTrait(key, label, tuple(kind for kind in kinds if kind.number or not only_present), audits)
