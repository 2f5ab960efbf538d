"""The form of a redaction, of an audit or of an action: which text, which words of it, and why."""

from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

from api.audits.redaction.actions import MOST_PLACES, RedactionReason, places_of
from api.foundation.pages.choices import Choice
from api.foundation.pages.forms import TypedForm
from api.foundation.problems import Fault

_WHOLE: Final = "whole"
_WORDS: Final = "words"


class RedactableText(Protocol):
    """A text, with the value by which the form selects it and what people call it."""

    @property
    def place(self) -> str: ...

    @property
    def called(self) -> str: ...

    @property
    def text(self) -> str: ...


Chosen = TypeVar("Chosen", bound=RedactableText)


def choices_of_texts(texts: Sequence[RedactableText]) -> list[Choice]:
    """The texts as choices of the form, each with its words as a hint."""
    return [{"value": each.place, "text": each.called, "hint": each.text} for each in texts]


def read_form(form: TypedForm, texts: Sequence[Chosen]) -> tuple[Chosen, list[tuple[int, int]], RedactionReason]:
    """The text, the places in it to redact (none: the whole text), and the reason.

    Raises Invalid with every fault of the form.
    """
    place = form.one_of("text", [each.place for each in texts], "Select the text that contains the words")
    text = next((each for each in texts if each.place == place), None)
    how_much = form.one_of("how_much", (_WORDS, _WHOLE), "Select how much you want to redact")
    places: list[tuple[int, int]] = []
    if how_much == _WORDS:
        words = form.text("words").strip()
        places = places_of(text.text, words) if text is not None else []
        if not words:
            form.faults.append(Fault("words", "Enter the words to redact"))
        elif text is not None and not places:
            form.faults.append(Fault("words", "Enter words from the selected text. These words are not in it."))
        elif len(places) > MOST_PLACES:
            often = f"These words are in the text more than {MOST_PLACES} times. Redact the whole text."
            form.faults.append(Fault("words", often))
    reason = form.one_of("reason", RedactionReason, "Select a reason for redacting the words")
    return form.given(text), places, form.given(reason)
