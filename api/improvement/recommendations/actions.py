"""Recommendations: recorded, changed and answered by quality leads."""

import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlmodel import Session, col, select

from api.foundation import events
from api.foundation.local_time import local_date
from api.foundation.permissions import Actor, person_of
from api.foundation.problems import Conflict, Fault, Invalid, NotFound, check_version
from api.foundation.text.free_text import KeepReason, NameCheck, raise_if_any
from api.foundation.text.names import tidy
from api.from_documents.hooks import MarkedRecommendations
from api.improvement.planning import FEWEST_WORDS, faults_of_owner
from api.improvement.rules import check_can_plan
from models import Recommendation, SourceKind, new_id, now
from models.audits.template import published_content

LONGEST_SOURCE: Final = 200
LONGEST_SENTENCE: Final = 2_000
# Where a recommendation from a document comes from never changes.
_OF_DOCUMENT: Final = frozenset({"sentence", "place"})


@dataclass(frozen=True, slots=True)
class NewRecommendation:
    """What a recommendation says, from which source, and who answers for it by when.

    `source` is the title of the review or document and `source_on` its date; the owner is a person or a post.
    """

    source_kind: SourceKind | None
    source: str
    source_on: date | None
    words: str
    template_id: uuid.UUID | None = None
    template_version: int | None = None
    themes: tuple[str, ...] = ()
    owner_id: uuid.UUID | None = None
    owner_post: str = ""
    due_on: date | None = None
    # Of one from a document: the sentence that it comes from, and its place there.
    sentence: str = ""
    place: str = ""
    keep_names: KeepReason | None = field(default=None, compare=False)


def record_recommendation(session: Session, *, new: NewRecommendation, by: Actor) -> Recommendation:
    """Record a recommendation. Raises Invalid and NotAllowed."""
    check_can_plan(by)
    names = NameCheck.of(session, by)
    raise_if_any(_faults(session, new, names, by))
    made = Recommendation(organisation_id=by.organisation_id, id=new_id(), created_by_id=person_of(by), **_columns(new))
    session.add(made)
    session.flush()
    events.record(session, "recommendation.recorded", made.id, by=by)
    names.record(session, made.id, by=by)
    return made


def change_recommendation(
    session: Session, *, recommendation_id: uuid.UUID, new: NewRecommendation, version: int, by: Actor
) -> Recommendation:
    """Change a recommendation that is not answered yet. Raises Conflict, Invalid, NotAllowed, NotFound, Stale."""
    found = _locked(session, recommendation_id, by)
    check_can_change(by, found)
    check_version(found.version, version)
    names = NameCheck.of(session, by)
    raise_if_any(_faults(session, new, names, by, was=found))
    for name, value in _columns(new).items():
        if name not in _OF_DOCUMENT:
            setattr(found, name, value)
    return _changed(session, found, "recommendation.changed", names, by)


def answer_recommendation(
    session: Session,
    *,
    recommendation_id: uuid.UUID,
    answer: str,
    version: int,
    by: Actor,
    keep_names: KeepReason | None = None,
) -> Recommendation:
    """Record how the organisation knows that it was acted on. Raises Conflict, Invalid, NotAllowed, NotFound, Stale."""
    found = _locked(session, recommendation_id, by)
    check_can_change(by, found)
    check_version(found.version, version)
    names = NameCheck.of(session, by)
    faults = names.check("/answer", answer, keep=keep_names)
    if len(answer.split()) < FEWEST_WORDS:
        faults = [Fault("/answer", "Enter how you know that it was acted on, in at least 3 words")]
    raise_if_any(faults)
    found.answer, found.answered_on, found.answered_by_id = answer.strip(), local_date(now()), by.person_id
    return _changed(session, found, "recommendation.answered", names, by)


def record_from_document(session: Session, marked: MarkedRecommendations, *, by: Actor) -> None:
    """Record the recommendations that a person marked in a document. They answer for them until they name others.

    Raises Invalid, with each fault at the part of the document.
    """
    for entry in marked.entries:
        new = NewRecommendation(
            source_kind=marked.source_kind,
            source=marked.source,
            source_on=marked.source_on,
            words=entry.words,
            owner_id=by.person_id,
            due_on=marked.due_on,
            sentence=entry.sentence,
            place=entry.place,
        )
        try:
            record_recommendation(session, new=new, by=by)
        except Invalid as refused:
            at_parts = {"/words", "/sentence", "/place"}
            faults = tuple(
                Fault(f"/parts/{entry.part}", each.detail) if each.pointer in at_parts else each
                for each in refused.faults
            )
            raise Invalid(refused.detail, faults=faults) from None


def check_can_change(by: Actor, recommendation: Recommendation) -> None:
    """Raise the Problem for which the person cannot change or answer a recommendation now."""
    check_can_plan(by)
    if recommendation.answered_on is not None:
        raise Conflict("This recommendation is answered, so it can no longer be changed.")


def _locked(session: Session, recommendation_id: uuid.UUID, by: Actor) -> Recommendation:
    check_can_plan(by)
    own = (col(Recommendation.organisation_id) == by.organisation_id, col(Recommendation.id) == recommendation_id)
    found = session.exec(select(Recommendation).where(*own).with_for_update(key_share=True)).one_or_none()
    if found is None:
        raise NotFound("recommendation")
    return found


def _faults(
    session: Session, new: NewRecommendation, names: NameCheck, by: Actor, was: Recommendation | None = None
) -> list[Fault]:
    faults = []
    if new.source_kind is None:
        faults.append(Fault("/source_kind", "Select what it is from"))
    if not tidy(new.source) or len(new.source) > LONGEST_SOURCE:
        faults.append(Fault("/source", f"Enter the title of the source, in {LONGEST_SOURCE} characters or fewer"))
    if new.source_on is None:
        faults.append(Fault("/source_on", "Enter the date of the source"))
    elif new.source_on > local_date(now()):
        faults.append(Fault("/source_on", "Date of the source must be today or in the past"))
    if len(new.words.split()) < FEWEST_WORDS:
        faults.append(Fault("/words", "Enter the recommendation, in at least 3 words"))
    if new.due_on is None:
        faults.append(Fault("/due_on", "Enter the date by which it should be done"))
    kept = was.owner_id if was else None
    faults += faults_of_owner(session, new.owner_id, new.owner_post, by=by, kept=kept, called="person responsible")
    faults += _faults_of_themes(session, new, by)
    if len(new.sentence) > LONGEST_SENTENCE or len(new.place) > LONGEST_SOURCE:
        words = f"Use {LONGEST_SENTENCE:,} characters or fewer for the sentence, and {LONGEST_SOURCE} for its place"
        faults.append(Fault("/sentence", words))
    for name in ("source", "words", "owner_post", "sentence", "place"):
        before = getattr(was, name) if was is not None else ""
        faults += names.check(f"/{name}", getattr(new, name), keep=new.keep_names, was=before)
    return faults


def _faults_of_themes(session: Session, new: NewRecommendation, by: Actor) -> list[Fault]:
    if new.template_id is None or new.template_version is None:
        return [Fault("/themes", "Select the template whose themes these are")] if new.themes else []
    content = published_content(session, by.organisation_id, new.template_id, new.template_version)
    if content is None:
        return [Fault("/template_id", "Select a published template")]
    known = set(new.themes) <= set(content.theme_keys)
    return [] if known else [Fault("/themes", "Select themes of the template")]


def _columns(new: NewRecommendation) -> dict[str, Any]:
    own = ("source_kind", "source_on", "template_id", "template_version", "owner_id", "due_on")
    return {
        **{name: getattr(new, name) for name in own},
        "source": tidy(new.source),
        "words": new.words.strip(),
        "sentence": new.sentence.strip(),
        "place": new.place.strip(),
        "owner_post": new.owner_post.strip(),
        "themes": " ".join(new.themes),
    }


def _changed(session: Session, found: Recommendation, kind: str, names: NameCheck, by: Actor) -> Recommendation:
    found.version += 1
    session.add(found)
    session.flush()
    events.record(session, kind, found.id, by=by)
    names.record(session, found.id, by=by)
    return found
