"""Texts as FHIR allows them: with spaces for other white space and control characters, and the exact text beside."""

import base64
import re
from typing import Any, Final

from api.fhir import names
from api.fhir.resources import Element

_NOT_ALLOWED: Final = re.compile(r"[^\S \r\n\t]|[\x00-\x08\x0b\x0c\x0e-\x1f]")


def text_value(text: str) -> dict[str, Any]:
    """A text as the value of an answer or extension."""
    plain = _plain(text)
    if plain == text:
        return {"valueString": text}
    exact = {"url": names.EXACT_TEXT, "valueBase64Binary": base64.b64encode(text.encode()).decode()}
    return {"valueString": plain, "_valueString": {"extension": [exact]}}


def exact_text(plain: str, beside: Element | None) -> str | None:
    """The text of a value and what is beside it; None where they do not belong together."""
    if beside is None:
        return plain
    found = beside.extensions(names.EXACT_TEXT)
    if len(found) != 1 or len(beside.extension) > 1 or beside.unread or found[0].says_more:
        return None
    try:
        text = base64.b64decode(found[0].value_base64_binary or "", validate=True).decode()
    except ValueError:  # no Base64, or no UTF-8
        return None
    return text if _plain(text) == plain else None


def _plain(text: str) -> str:
    return _NOT_ALLOWED.sub(" ", text)
