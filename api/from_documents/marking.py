"""The form on which a person marks the lines of a document: what it sends, and joining, splitting and moving lines."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from api.foundation.pages.forms import TypedForm
from checklists.outlines.proposing import Mark, Marked

MOST_PARTS: Final = 450


def parts_of(form: TypedForm) -> list[Marked]:
    """The parts that a form sends, in its order; a mark that there is not is left out."""
    found = []
    for place in range(MOST_PARTS):
        if not form.has(f"text-{place}"):
            break
        mark = form.text(f"mark-{place}")
        where, _, sentence = form.text(f"source-{place}").partition("\n")
        found.append(
            Marked(form.text(f"text-{place}"), Mark(mark) if mark in set(Mark) else Mark.LEAVE_OUT, where, sentence)
        )
    return found


def changed(parts: Sequence[Marked], command: str) -> list[Marked]:
    """The parts after "join-3" (to the one above), "split-3" (at its line breaks), "up-3" or "down-3"."""
    name, _, number = command.partition("-")
    every = list(parts)
    if not number.isdecimal() or int(number) >= len(every):
        return every
    place = int(number)
    if name == "split":
        rows = [row.strip() for row in every[place].text.splitlines() if row.strip()]
        every[place : place + 1] = [replace(every[place], text=row) for row in rows or [every[place].text]]
        return every[:MOST_PARTS]
    if name == "join" and place:
        above = every[place - 1]
        sentence = above.sentence
        if every[place].sentence not in sentence:
            sentence = f"{sentence} {every[place].sentence}"
        every[place - 1 : place + 1] = [
            replace(above, text=f"{above.text} {every[place].text}".strip(), sentence=sentence)
        ]
        return every
    other = place + {"up": -1, "down": 1}.get(name, 0)
    if 0 <= other < len(every):
        every[place], every[other] = every[other], every[place]
    return every
