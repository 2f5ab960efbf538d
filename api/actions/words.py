"""Free text as people write it: how long it may be, and what it may not hold."""

from api.problems import Fault
from checklists.identifiers import IdentifierKind, find_identifiers

MOST_CHARACTERS = 8_000

_CALLED = {
    IdentifierKind.NHS_NUMBER: "an NHS number",
    IdentifierKind.UPN: "a unique pupil number",
    IdentifierKind.NI_NUMBER: "a National Insurance number",
    IdentifierKind.EMAIL: "an email address",
    IdentifierKind.POSTCODE: "a full postcode",
    IdentifierKind.PHONE: "a telephone number",
    IdentifierKind.DATE_OF_BIRTH: "a date of birth",
}


def check_words(pointer: str, words: str) -> list[Fault]:
    """What is wrong with a text: too long, or something in it that identifies a person. Never repeats the text."""
    if len(words) > MOST_CHARACTERS:
        return [Fault(pointer, f"This is too long. Use at most {MOST_CHARACTERS:,} characters.")]
    if "\x00" in words:
        return [Fault(pointer, "This holds a character that cannot be stored. Type the text afresh.")]
    found = find_identifiers(words)
    if found:
        kinds = sorted({_CALLED[each.kind] for each in found})
        return [
            Fault(
                pointer,
                f"This seems to hold {' and '.join(kinds)}. Take it out: say where on file it is, not what it is.",
            )
        ]
    return []
