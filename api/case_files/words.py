"""The statuses, age bands and categories that an organisation's cases may have: built in, and of its templates."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session, col, select

from api.foundation.pages.choices import Choice
from checklists.cases import CHILDRENS_WORDS, CLOSED, NOT_KNOWN, CaseWords, joined_words
from checklists.privacy.references import check_reference, words_of_names
from models import Organisation, Team, TemplateVersion, TemplateVersionState
from models.audits.template import published_content

CHILDREN: Final = "Children’s services"


@dataclass(frozen=True, slots=True)
class NamedWords:
    """The words of one template, or with an empty key the built-in ones. `title`: what people call them."""

    key: str
    title: str
    words: CaseWords


def words_in_use(session: Session, organisation_id: int) -> CaseWords:
    """Every word that a case of the organisation may have: those built in, and those of its published and retired
    templates.
    """
    return joined_words([CHILDRENS_WORDS, *(each.words for each in _of_versions(session, organisation_id))])


def lists_of_words(session: Session, organisation_id: int) -> list[NamedWords]:
    """The lists that people choose from: those built in, and those of the newest version of each template that has its
    own.
    """
    newest = {each.key: each for each in _of_versions(session, organisation_id)}
    return [NamedWords("", CHILDREN, CHILDRENS_WORDS), *newest.values()]


def _of_versions(session: Session, organisation_id: int) -> Iterable[NamedWords]:
    versions = session.exec(
        select(TemplateVersion.template_id, TemplateVersion.number)
        .where(
            col(TemplateVersion.organisation_id) == organisation_id,
            col(TemplateVersion.state) != TemplateVersionState.DRAFT,
        )
        .order_by(col(TemplateVersion.template_id), col(TemplateVersion.number))
    ).all()
    for template, number in versions:
        content = published_content(session, organisation_id, template, number)
        if content is not None and content.has_own_case_words:
            yield NamedWords(content.key, content.title, content.case_words)


def status_choices(lists: Sequence[NamedWords]) -> list[Choice]:
    """The statuses as choices of a form, under the title of each list where there are several."""
    return _choices(lists, lambda words: words.statuses, CLOSED)


def age_choices(lists: Sequence[NamedWords]) -> list[Choice]:
    """The age bands as choices of a form, under the title of each list where there are several."""
    return _choices(lists, lambda words: words.age_bands, NOT_KNOWN)


def _choices(
    lists: Sequence[NamedWords], labels_of: Callable[[CaseWords], Mapping[str, str]], shared: str
) -> list[Choice]:
    found: list[Choice] = []
    seen = {shared}
    for each in lists:
        own = {key: label for key, label in labels_of(each.words).items() if key not in seen}
        seen |= own.keys()
        if own and len(lists) > 1:
            found.append({"divider": each.title})
        found += plain_choices(own)
    if len(lists) > 1:
        found.append({"divider": "Any case"})
    return [*found, {"value": shared, "text": labels_of(CHILDRENS_WORDS)[shared]}]


def plain_choices(labels: Mapping[str, str]) -> list[Choice]:
    """Words with their labels as choices of a form."""
    return [{"value": key, "text": label} for key, label in labels.items()]


def not_a_word(called: str, labels: Mapping[str, str]) -> str:
    """What to do about a key that is in no list. `called`: what it should be, such as "status"."""
    article = "an" if called[0] in "aeiou" else "a"
    return f"Select {article} {called}: one of {', '.join(labels)}."


def words_of_references(session: Session, organisation_id: int, references: Iterable[str | None]) -> frozenset[str]:
    """The words of the organisation's own name and of its teams' names, which are no names of children.

    Nothing when all of these references are fine without them.
    """
    if not any(reference and check_reference(reference) for reference in references):
        return frozenset()
    teams = session.exec(select(Team.name).where(col(Team.organisation_id) == organisation_id)).all()
    return words_of_names([session.get_one(Organisation, organisation_id).name, *teams])
