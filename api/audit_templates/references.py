"""References within a document: what names a theme, question, fact, form of harm or rating that is no longer there."""

import copy
from collections.abc import Collection, Iterator
from typing import Any, Final

from checklists.templates.overall import CANNOT_BE_JUDGED
from checklists.templates.questions import fixed_choices

Document = dict[str, Any]

_CONDITION: Final = ("statuses", "age_bands", "involves", "facts", "answers")


def each_theme(document: Document) -> Iterator[Document]:
    """Every theme, in order."""
    for domain in document["learning_domains"]:
        yield from domain["themes"]


def each_question(document: Document) -> Iterator[Document]:
    """Every question, in order."""
    for theme in each_theme(document):
        yield from theme.get("questions", ())


def without_dangling(document: Document) -> Document:
    """The document without anything that names what it does not have: such parts of conditions, and caps that would
    count no theme or allow no rating. A condition of which nothing is left goes, and what it held back is asked of all.
    """
    changed = copy.deepcopy(document)
    harms = {harm["key"] for harm in changed.get("forms_of_harm", ())}
    facts = {fact["key"]: {choice["key"] for choice in fact["choices"]} for fact in changed.get("case_facts") or ()}
    questions = {question["key"]: _answers_of(question) for question in each_question(changed)}
    for part in _parts_with_conditions(changed):
        condition = part["applies_when"]
        condition["involves"] = [key for key in condition.get("involves", ()) if key in harms]
        condition["facts"] = _still_there(condition.get("facts", ()), "fact", facts)
        condition["answers"] = _still_there(condition.get("answers", ()), "question", questions)
        if not any(condition.get(name) for name in _CONDITION):
            part["applies_when"] = None
    _tidy_caps(changed)
    return changed


def _answers_of(question: Document) -> set[str]:
    choices = [choice.key for choice in fixed_choices(question["kind"])]
    return set(choices or [choice["key"] for choice in question.get("choices", ())])


def _parts_with_conditions(document: Document) -> Iterator[Document]:
    for part in (*document["learning_domains"], *each_theme(document), *each_question(document)):
        if part.get("applies_when"):
            yield part


def _still_there(named: Collection[Document], name: str, known: dict[str, set[str]]) -> list[Document]:
    kept = []
    for each in named:
        answers = [answer for answer in each["answers"] if answer in known.get(each[name], ())]
        if answers:
            kept.append({**each, "answers": answers})
    return kept


def _tidy_caps(document: Document) -> None:
    overall = document.get("overall")
    if not overall:
        return
    themes = {theme["key"] for theme in each_theme(document)}
    best = {rating["key"] for rating in document["scale"]["ratings"]} | {CANNOT_BE_JUDGED}
    kept = []
    for cap in overall.get("caps", ()):
        named = [key for key in cap.get("themes", ()) if key in themes]
        # Without any theme it would count all of them, which nobody asked for.
        if (named or not cap.get("themes")) and cap["at_best"] in best:
            kept.append({**cap, "themes": named})
    overall["caps"] = kept


def losses(before: Document, after: Document) -> list[tuple[str, bool]]:
    """The learning domains, themes and questions of both documents whose condition differs, by what people read, and
    whether they are then asked of all cases.
    """
    now = {_place(part): part.get("applies_when") for part in _parts(after)}
    found = []
    for part in _parts(before):
        place, condition = _place(part), part.get("applies_when")
        if condition and place in now and now[place] != condition:
            found.append((_label(part), now[place] is None))
    return found


def caps_lost(before: Document, after: Document) -> int:
    """How many caps on the overall judgement are no longer there."""
    counts = [len((document.get("overall") or {}).get("caps", ())) for document in (before, after)]
    return counts[0] - counts[1]


def _parts(document: Document) -> Iterator[Document]:
    yield from document["learning_domains"]
    yield from each_theme(document)
    yield from each_question(document)


def _place(part: Document) -> tuple[bool, str]:
    return "themes" in part, part["key"]


def _label(part: Document) -> str:
    return str(part.get("display_title") or part.get("title") or part["text"])
