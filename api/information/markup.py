"""The text of an information page: paragraphs, headings, lists and links, and nothing else."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

LONGEST: Final = 20_000
_LINK: Final = re.compile(r"\[([^\[\]\n]+)\]\(([^()\s]+)\)")
_SCHEMES: Final = {"https", "http", "mailto"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a line: a text, or a link with its text."""

    text: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A heading or paragraph of one line, or a list of lines; each line in pieces."""

    kind: Literal["heading", "list", "paragraph"]
    lines: tuple[tuple[Piece, ...], ...]


def blocks_of(text: str) -> list[Block]:
    """The text as blocks: "## " begins a heading, "- " an item of a list, an empty line a new paragraph."""
    blocks = []
    for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        lines = [line.strip() for line in part.split("\n") if line.strip()]
        while lines:
            if lines[0].startswith("## "):
                blocks.append(Block("heading", (tuple(_pieces(lines.pop(0)[3:])),)))
                continue
            is_list = lines[0].startswith("- ")
            size = next((at for at, line in enumerate(lines) if _begins_other(line, is_list)), len(lines))
            taken, lines = lines[:size], lines[size:]
            if is_list:
                blocks.append(Block("list", tuple(tuple(_pieces(line[2:])) for line in taken)))
            else:
                blocks.append(Block("paragraph", (tuple(_pieces(" ".join(taken))),)))
    return blocks


def _begins_other(line: str, is_list: bool) -> bool:
    return line.startswith("## ") or line.startswith("- ") is not is_list


def _pieces(line: str) -> Iterator[Piece]:
    at = 0
    for link in _LINK.finditer(line):
        if link.start() > at:
            yield Piece(line[at : link.start()])
        yield Piece(link[1], link[2])
        at = link.end()
    if at < len(line):
        yield Piece(line[at:])


def faults_of(text: str) -> Sequence[str]:
    """What is wrong with a text, in sentences that say how to correct it."""
    if not text.strip():
        return ["Enter the text of the page."]
    if len(text) > LONGEST:
        return [f"Text must be {LONGEST:,} characters or fewer."]
    if any(not (char.isprintable() or char in "\n\r\t") for char in text):
        return ["The text contains a character that cannot be shown. Enter the text again."]
    links = [(piece.text, piece.address) for block in blocks_of(text) for line in block.lines for piece in line]
    return [
        f"The address of the link “{words}” must begin with https://, mailto: or /."
        for words, address in links
        if address and not _is_allowed(address)
    ]


def _is_allowed(address: str) -> bool:
    if address.startswith("/"):
        return not address.startswith(("//", "/\\"))
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.netloc or (parts.scheme == "mailto" and "@" in parts.path))
