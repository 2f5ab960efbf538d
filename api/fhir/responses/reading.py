"""A complete audit from a FHIR R4 QuestionnaireResponse. What an audit cannot have is refused or named, by linkId."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import ValidationError

from api.audits.complete.routes import CompleteAuditIn
from api.fhir import names
from api.fhir.audit_items import every_item
from api.fhir.responses.answers import AnswerFault, value_of
from api.fhir.responses.faults import at_link_ids, place_in, refused, shown
from api.fhir.responses.places import CASE_FILE, JUDGEMENT, KEEP, SCORES, LinkIds, places_of, put, value_at
from api.fhir.responses.resources import QuestionnaireResponse, ResponseItem
from api.fhir.responses.whole import READ, case_of, faults_of_whole, is_known_case
from api.fhir.writing import items_of
from api.foundation.http.problem_details import faults_of
from api.foundation.problems import Fault, Invalid
from api.foundation.text.free_text import KeepReason
from checklists.templates.template import Template

Named = tuple[str, str]
_COMES_LATER: Final = "This is not recorded: it says what came of the audit, and follows here from what is done here."
_NO_EXTENSION: Final = "An extension that an audit does not have is not recorded."
# Extensions of a whole response that are listed as not recorded.
_LATER: Final = frozenset(
    {
        names.STATE,
        names.READING,
        names.WITHDRAWAL_REASON,
        names.RETURN_REASON,
        names.FIRST_JUDGEMENT,
        names.JUDGED_AT,
        names.AGREED_AT,
        names.AGREED_OVERALL,
        names.AGREED_OVERALL_REASON,
    }
)


@dataclass(frozen=True, slots=True)
class ReadResponse:
    """The audit of a response; what it says that is to be compared; and what is not recorded, by linkId."""

    audit: CompleteAuditIn
    case_file: Mapping[str, Any]
    judgement: str | None
    not_recorded: tuple[Named, ...]
    link_ids: LinkIds


def checked(value: Mapping[str, Any]) -> QuestionnaireResponse:
    """A response as parsed from JSON. Raises Invalid for anything else, each fault with its linkId or place."""
    try:
        found = QuestionnaireResponse.model_validate(value)
    except RecursionError:
        raise refused([Fault("", "The response is nested too deeply.")]) from None
    except ValidationError as error:
        places = [each["loc"] for each in error.errors(include_url=False, include_input=False, include_context=False)]
        words = "This is not what FHIR R4 has here, or it is too long. A modifierExtension cannot be read."
        raise refused([Fault(place_in(value, place), words) for place in places]) from None
    if found.resource_type != "QuestionnaireResponse":
        raise refused([Fault("/resourceType", "This is not a QuestionnaireResponse.")])
    return found


def read_response(sent: QuestionnaireResponse, template: Template, *, round_id: uuid.UUID, of: str) -> ReadResponse:
    """The complete audit that a response is. `of`: the questionnaire that the round asks. Raises Invalid."""
    reader = _Reader(sent, template)
    faults = [*faults_of_whole(sent, of), *reader.read()]
    if faults:
        raise refused(faults)
    case_file, judgement = reader.content.pop(CASE_FILE, {}), reader.content.pop(JUDGEMENT[0], None)
    scores: Mapping[str, Any] = reader.content.pop(SCORES, {})
    themes = [key for key in template.theme_keys if key in scores]
    body = {
        **reader.content,
        "round_id": str(round_id),
        "auditor_id": sent.author.identifier.value if sent.author and sent.author.identifier else None,
        SCORES: [{"theme": theme, **scores[theme]} for theme in themes],
        **case_of(sent, case_file),
    }
    if (weight := sent.value_of(names.SAMPLING_WEIGHT)) is not None:
        body["sampling_weight"] = weight
    link_ids = LinkIds(reader.places, themes)
    try:
        audit = CompleteAuditIn.model_validate(body)
    except ValidationError as error:
        raise at_link_ids(Invalid(faults=faults_of(error.errors())), sent, link_ids) from None
    team = sent.value_of(names.TEAM)
    reference = sent.subject.display if sent.subject is not None and is_known_case(sent.subject) else None
    beside = {"team_id": team, "reference": reference}
    said = {**case_file, **{name: value for name, value in beside.items() if value is not None}}
    return ReadResponse(audit, said, judgement, tuple(reader.not_recorded), link_ids)


@dataclass
class _Reader:
    """Goes over the items of a response once."""

    sent: QuestionnaireResponse
    template: Template
    content: dict[str, Any] = field(default_factory=dict)
    not_recorded: list[Named] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.asked = {item["linkId"]: item for item in every_item(items_of(self.template))}
        self.places = {link_id: place for link_id, place in places_of(self.template).items() if link_id in self.asked}
        self._seen: set[str] = set()

    def read(self) -> list[Fault]:
        """Read all items. Returns what is wrong with them."""
        self._name_parts_of_whole()
        return list(self._read(self.sent.item))

    def _name_parts_of_whole(self) -> None:
        for name in ("id", "meta", "language", "text", "authored"):
            if getattr(self.sent, name) is not None:
                self.not_recorded.append(("", f"“{name}” is not recorded: a new audit has its own."))
        for each in self.sent.extension:
            if each.url in _LATER:
                self.not_recorded.append(("", f"{_COMES_LATER} ({each.url})"))
            elif each.url not in READ:
                self.not_recorded.append(("", _NO_EXTENSION))
        for name, part in (("author", self.sent.author), ("subject", self.sent.subject)):
            is_compared = part is not None and is_known_case(part)
            if part is not None and (part.type is not None or (part.display is not None and not is_compared)):
                self.not_recorded.append(("", f"Of “{name}”, only the identifier is recorded."))

    def _read(self, items: Sequence[ResponseItem]) -> Iterator[Fault]:
        for item in items:
            asked = self.asked.get(item.link_id)
            if asked is None:
                yield _fault(item, "The questionnaire of this round has no item with this linkId.")
                continue
            if item.link_id in self._seen:
                yield _fault(item, "An audit answers each item once. This linkId is there twice.")
                continue
            self._seen.add(item.link_id)
            for name in (*item.unread, *(name for answer in item.answer for name in answer.unread)):
                yield _fault(item, f"An audit has no “{shown(name)}” here.")
            if item.answer:
                yield from self._answer(item, asked)
            self._name_extensions(item)
            yield from self._read(item.item)
            for answer in item.answer:
                yield from self._read(answer.item)

    def _answer(self, item: ResponseItem, asked: Mapping[str, Any]) -> Iterator[Fault]:
        place = self.places.get(item.link_id)
        if place is None:
            yield _fault(item, "An audit has no answer to this item.")
            return
        try:
            value = value_of(item, asked)
        except AnswerFault as fault:
            yield _fault(item, str(fault))
            return
        put(self.content, place, value.content)
        self.not_recorded += [(item.link_id, words) for words in value.not_recorded]
        kept = [each.value_code for each in item.extensions(names.KEEP_NAMES)]
        if kept:
            keep = (*place[:-1], KEEP)
            known, before = kept[0] in set(KeepReason), value_at(self.content, keep)
            alone = len(kept) == 1 and not any(each.says_more for each in item.extensions(names.KEEP_NAMES))
            if asked["type"] != "text" or not alone or not known or before not in (None, kept[0]):
                reasons = ", ".join(KeepReason)
                yield _fault(
                    item, f"Give one reason, the same for all texts of this part. It must be one of: {reasons}."
                )
            else:
                put(self.content, keep, kept[0])

    def _name_extensions(self, item: ResponseItem) -> None:
        for each in item.extension:
            if each.url == names.AGREED_ANSWER:
                self.not_recorded.append((item.link_id, "The agreed answer is not recorded: moderation gives it here."))
            elif each.url != names.KEEP_NAMES or not item.answer:
                self.not_recorded.append((item.link_id, _NO_EXTENSION))


def _fault(item: ResponseItem, words: str) -> Fault:
    return Fault(f"linkId: {shown(item.link_id)}", words)
