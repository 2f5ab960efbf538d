"""The lists of choices of an XLSForm as ratings and as choices of a template."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from api.audit_templates.xlsforms import layout
from api.audit_templates.xlsforms.form import SCORE_COLUMNS, Form, FormRow, is_yes
from api.audit_templates.xlsforms.types import RowKind, type_of
from checklists.templates.questions import QuestionKind, fixed_choices
from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED, RESERVED_LABELS

_RESERVED_WORDS: Final = {
    "na": NOT_APPLICABLE,
    "n-a": NOT_APPLICABLE,
    "not-applicable": NOT_APPLICABLE,
    "ne": NOT_EVIDENCED,
    "not-evidenced": NOT_EVIDENCED,
}


def name_of(choice: FormRow) -> str:
    """The name of a choice, in new and in old forms."""
    return choice.text("name") or choice.text("value")


def label_of(row: FormRow) -> str:
    """The label of a row or choice; its name where it has none."""
    return row.text("label") or name_of(row)


def key_from(text: str, *, number: int, starts_with_letter: bool = True) -> str:
    """A key made of a name: lower case, with hyphens. `number`: of its row, for a name that gives no key."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    key = re.sub(r"[^a-z0-9]+", "-", plain)[:60].strip("-")
    if starts_with_letter and key and not key[0].isalpha():
        key = f"q-{key}"[:60].strip("-")
    return key or f"row-{number}"


def another(key: str, taken: Iterable[str]) -> str:
    """The key, with a number when it is taken."""
    known, number, found = set(taken), 2, key
    while found in known:
        found, number = f"{key[:55].rstrip('-')}-{number}", number + 1
    return found


def reserved_in(choices: Sequence[FormRow]) -> dict[str, str]:
    """The choices of a list that are answers of every theme: the answer by the name of the choice.

    Where a choice has the exact name of such an answer, as in a form that we wrote, only exact names count: another
    that is called N/A is a choice of its own. Elsewhere words such as N/A are enough.
    """
    exact = {name_of(choice): name_of(choice) for choice in choices if name_of(choice) in RESERVED_LABELS}
    if exact:
        return exact
    found = {}
    for choice in choices:
        words = (key_from(text, number=0) for text in (name_of(choice), choice.text("label")))
        answer = next((_RESERVED_WORDS[word] for word in words if word in _RESERVED_WORDS), None)
        if answer is not None:
            found[name_of(choice)] = answer
    return found


def keys_of(choices: Sequence[FormRow]) -> dict[str, str]:
    """The key of every choice by its name in the form."""
    found: dict[str, str] = {}
    reserved = reserved_in(choices)
    for choice in choices:
        made = reserved.get(name_of(choice)) or key_from(
            name_of(choice), number=choice.number, starts_with_letter=False
        )
        found[name_of(choice)] = another(made, found.values())
    return found


def score_of(choice: FormRow) -> Decimal | None:
    """The score of a choice, where it has one."""
    columns = [column for column in SCORE_COLUMNS if column != "value" or choice.text("name")]
    text = next((choice.text(column) for column in columns if choice.text(column)), "")
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def list_of_ratings(form: Form) -> str:
    """The list that grades themes: of an exported template, or the most used one with scores; "" for none.

    A list in which fewer than two choices have a score grades nothing.
    """
    if layout.RATINGS in form.lists and any(row.text("meets_standard") for row in form.lists[layout.RATINGS]):
        return layout.RATINGS
    used = Counter(
        found.listed for found in (type_of(row.text("type")) for row in form.survey) if found.kind is RowKind.SELECT_ONE
    )
    scored = {
        listed: used[listed] for listed, choices in form.lists.items() if used[listed] and len(_graded_in(choices)) >= 2
    }
    return max(scored, key=lambda listed: scored[listed], default="")


def _graded_in(choices: Sequence[FormRow]) -> list[FormRow]:
    """The choices that are ratings: they have a score, and are no answer that every theme has."""
    reserved = reserved_in(choices)
    return [choice for choice in choices if score_of(choice) is not None and name_of(choice) not in reserved]


def scale_of(form: Form, listed: str) -> dict[str, Any]:
    """The rating scale of a list. What it does not say, such as the standard, is named."""
    choices = form.lists[listed]
    keys = keys_of(choices)
    graded, reserved = _graded_in(choices), reserved_in(choices)
    for choice in choices:
        if name_of(choice) in reserved and score_of(choice) is not None:
            form.leave_out(choice, "score", "“Not applicable” and “not evidenced” are no ratings, and have no score.")
        elif choice not in graded and name_of(choice) not in reserved:
            form.leave_out(choice, "name", "A rating has a score. This choice has none, so it is no rating.")
    by_score = sorted(graded, key=lambda choice: score_of(choice) or 0, reverse=True)
    if len({score_of(choice) for choice in graded}) < len(graded):
        form.leave_out(by_score[0], "score", "Several choices have the same score. Check the order of the ratings.")
    ratings = [_rating(choice, keys[name_of(choice)]) for choice in by_score]
    meeting = [choice for choice in by_score if is_yes(choice.text("meets_standard"))]
    if meeting:
        standard = keys[name_of(meeting[-1])]
        if meeting != by_score[: len(meeting)]:
            form.leave_out(meeting[-1], "meets_standard", "A better rating does not meet the standard. Check it.")
    else:
        standard = ratings[max(0, len(ratings) // 2 - 1)]["key"]
        words = f"The form does not say which ratings meet the standard. Check it: “{standard}” and better."
        form.leave_out(by_score[0], "score", words)
    return {"ratings": ratings, "standard": standard}


def _rating(choice: FormRow, key: str) -> dict[str, Any]:
    """A rating. A score that its place does not give is kept in its description."""
    rating = {"key": key, "label": label_of(choice)}
    description = choice.text("description")
    if not choice.text("meets_standard"):
        description = f"{description} Score: {score_of(choice)}.".strip()
    return {**rating, "description": description} if description else rating


def scores_in_words(choices: Sequence[FormRow]) -> str:
    """The scores of the choices of a question, in a sentence; "" for choices without any."""
    scored = [f"{label_of(choice)} {score_of(choice)}" for choice in choices if score_of(choice) is not None]
    return f"Scores: {', '.join(scored)}." if scored else ""


def question_of(choices: Sequence[FormRow]) -> dict[str, Any]:
    """The kind and choices of a question that is answered with one of a list."""
    keys = keys_of(choices)
    own = [choice for choice in choices if keys[name_of(choice)] not in RESERVED_LABELS]
    found: dict[str, Any] = {"not_applicable": True} if NOT_APPLICABLE in keys.values() else {}
    listed = [{"key": keys[name_of(choice)], "label": label_of(choice)} for choice in own]
    for kind in (QuestionKind.YES_NO, QuestionKind.YES_PARTLY_NO):
        if [each.key for each in fixed_choices(kind)] == [each["key"] for each in listed]:
            return {**found, "kind": kind.value}
    return {**found, "kind": QuestionKind.CHOICE.value, "choices": listed}


def labels_of(choices: Sequence[FormRow], built_in: Mapping[str, str], always: str) -> list[dict[str, Any]]:
    """The labels of a list about cases, without the choice that every template has; none for the built-in list."""
    labels = {name_of(choice): label_of(choice) for choice in choices}
    if labels == built_in:
        return []
    return [{"key": key, "label": label} for key, label in labels.items() if key != always]
