"""Exports with an identifier in every cell that may hold one, and the search that must find none of them afterwards."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from checklists.cases import CaseStatus
from checklists.privacy.identifiers import is_nhs_number, is_upn
from tests.case_lists import exports
from tests.case_lists.exports import Cell, MadeChild, Row

_STARTS = ("Quax", "Vorb", "Zyl", "Jexa", "Wufk", "Xanth", "Kyzo", "Bijo", "Fuqu", "Hazv")
_ENDS = ("imond", "abeth", "orwick", "uline", "ingrave", "ovar", "enby", "ashaw", "yfold", "idoza")
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


@dataclass(slots=True)
class Planted:
    """What was planted: as it stands in the export, and every way in which it could come out again."""

    texts: set[str] = field(default_factory=set)

    def plant(self, text: str) -> str:
        self.texts.add(text)
        return text

    def plant_date(self, day: date) -> date:
        """Other forms than the first are the same identifier, written as it could come out."""
        self.texts.add(f"{day:%Y-%m-%d}")
        return day

    def found_in(self, content: bytes | str) -> set[str]:
        """Those of the planted that stand in this, however spaced and in whatever capitals."""
        text = content.decode("utf-8", errors="replace") if isinstance(content, bytes) else content
        squeezed = _squeezed(text)
        return {it for it in self.texts if any(_squeezed(form) in squeezed for form in _forms(it))}


def _squeezed(text: str) -> str:
    return "".join(text.split()).casefold()


def _forms(planted: str) -> Iterator[str]:
    yield planted
    if len(planted) == 10 and planted[4] == planted[7] == "-":
        day = date.fromisoformat(planted)
        # The month alone too: no child of these exports was born in a month in which a case began.
        yield from (
            f"{day:%Y-%m}",
            f"{day:%d/%m/%Y}",
            f"{day:%Y%m%d}",
            f"{day:%d%m%Y}",
            f"{day:%d %B %Y}",
            f"{day:%d-%m-%Y}",
        )


class Gardener:
    """Makes identifiers, no two alike, and remembers each."""

    def __init__(self, seed: int = 7) -> None:
        self._chance = Random(seed)
        self.planted = Planted()
        self._kinds: Sequence[Callable[[], str]] = (
            self.name,
            self.nhs_number,
            self.upn,
            self.postcode,
            self.sentence,
            self.birth,
        )
        self._turn = 0

    def any(self) -> str:
        self._turn += 1
        return self._kinds[self._turn % len(self._kinds)]()

    def name(self) -> str:
        return self.planted.plant(f"{self._word()} {self._word()}")

    def nhs_number(self) -> str:
        return self._until(lambda: str(self._chance.randrange(10**9, 10**10)), is_nhs_number)

    def upn(self) -> str:
        letter, digits = self._chance.choice(_UPN_LETTERS), self._chance.randrange(10**11, 10**12)
        return self._until(lambda: f"{self._chance.choice(_UPN_LETTERS)}{digits}", is_upn) if letter else ""

    def postcode(self) -> str:
        inward = "".join(self._chance.choices("ABDEFGHJLNPQRSTUWXYZ", k=2))
        return self.planted.plant(f"SW{self._chance.randrange(10, 100)} {self._chance.randrange(10)}{inward}")

    def sentence(self) -> str:
        return self.planted.plant(f"Lives with {self._word()} {self._word()} since the summer")

    def birth(self) -> str:
        day = date(1960, 1, 1) + timedelta(days=self._chance.randrange(9000))
        return f"{self.planted.plant_date(day):%d/%m/%Y}"

    def child(self, made: MadeChild) -> MadeChild:
        """The same child with identifiers that are watched."""
        self.planted.plant(made.identifier)
        self.planted.plant_date(made.born)
        return replace(made, worker=self.name())

    def _word(self) -> str:
        number = self._chance.randrange(1000)
        tail = "".join("aeiourstln"[int(digit)] for digit in f"{number:03}")
        return f"{self._chance.choice(_STARTS)}{tail}{self._chance.choice(_ENDS)}"

    def _until(self, make: Callable[[], str], is_one: Callable[[str], bool]) -> str:
        while not is_one(made := make()):
            pass
        return self.planted.plant(made)


def planted_children(
    number: int, gardener: Gardener, *, statuses: Sequence[CaseStatus] = exports.STATUSES
) -> list[MadeChild]:
    return [gardener.child(it) for it in exports.made_children(number, statuses=statuses)]


def annex_a(gardener: Gardener, number: int = 40) -> bytes:
    """Every cell that the lists do not need holds an identifier; a few that they need hold one by mistake."""
    sheets = exports.annex_a_sheets(planted_children(number, gardener))
    return exports.workbook({name: _overgrown(rows, gardener) for name, rows in sheets.items()})


# Left empty, or as they are: what they say decides about the row.
_TELLING = (
    "Closure Date",
    "End Date",
    "Ceased",
    "Adoption Order",
    "NFA",
    "Date of Authorisation",
    "assessed as requiring",
)


def _overgrown(rows: Sequence[Row], gardener: Gardener) -> list[Row]:
    headings = rows[0]
    grown: list[Row] = [headings]
    for number, row in enumerate(rows[1:]):
        grown.append([_cell(str(heading), cell, number, gardener) for heading, cell in zip(headings, row, strict=True)])
    return grown


def _cell(heading: str, cell: Cell, number: int, gardener: Gardener) -> Cell:
    by_mistake = {"Case Status": 9, "Allocated Team": 8, "Date of Birth": 7, "Age of Child (Years)": 6}
    if number % 11 == by_mistake.get(heading):
        return gardener.any()
    if heading in {"Gender", "Ethnicity"} or heading.startswith("Does the Child have"):
        return gardener.any()
    return gardener.any() if cell is None and not any(it in heading for it in _TELLING) else cell


def cin_census(gardener: Gardener, number: int = 40) -> bytes:
    """A census with identifiers in elements of its own and in elements that it has not."""
    statuses = (CaseStatus.CHILD_IN_NEED, CaseStatus.CHILD_PROTECTION_PLAN, CaseStatus.CLOSED)
    content = exports.cin_census(planted_children(number, gardener, statuses=statuses)).decode()
    parts = content.split("<Sex>F</Sex>")
    grown = "".join(
        f"{part}<UPN>{gardener.upn()}</UPN><FormerUPN>{gardener.upn()}</FormerUPN><Sex>{gardener.name()}</Sex>"
        f"<Forename>{gardener.name()}</Forename><NHSNumber>{gardener.nhs_number()}</NHSNumber>"
        f"<Address note='{gardener.name()}'>{gardener.postcode()}<!-- {gardener.name()} --></Address>"
        for part in parts[:-1]
    )
    # Every tenth tells a birth date that is none.
    return (grown + parts[-1]).replace("<PrimaryNeedCode>N3<", f"<PrimaryNeedCode>{gardener.name()}<", 1).encode()


def ssda903(gardener: Gardener, number: int = 40) -> bytes:
    """A return whose unneeded columns hold identifiers, and which has a module and columns of the council's own."""
    statuses = (CaseStatus.CHILD_LOOKED_AFTER, CaseStatus.CARE_LEAVER, CaseStatus.CLOSED)
    children = planted_children(number, gardener, statuses=statuses)
    files = exports.ssda903(children)
    lines = files["header.csv"].decode().splitlines()
    header = [f"{lines[0]},NAME,NOTES", *(f"{line},{gardener.name()},{gardener.sentence()}" for line in lines[1:])]
    posts = files["episodes.csv"].decode().split("AB1 0AA")
    episodes = "".join(f"{part}{gardener.postcode()}" for part in posts[:-1]) + posts[-1]
    own: list[Row] = [["CHILD", "NAME"], *([it.identifier, gardener.name()] for it in children)]
    return exports.zipped(
        {
            **files,
            "header.csv": "\r\n".join(header).encode(),
            "episodes.csv": episodes.encode(),
            "names.csv": exports.delimited(own),
        }
    )


def standard_dataset(gardener: Gardener, number: int = 40) -> bytes:
    """Tables of the dataset, each with a column of names and one of anything, and a table of addresses."""
    children = planted_children(number, gardener)
    files = {}
    for name, content in exports.standard_dataset(children).items():
        headings, *lines = content.decode().splitlines()
        grown = [f"{line},{gardener.name()},{gardener.any()}" for line in lines]
        files[name] = "\r\n".join([f"{headings},pers_forename,pers_notes", *grown]).encode()
    addresses: list[Row] = [["addr_person_id", "addr_address_postcode"]]
    addresses += [[it.identifier, gardener.postcode()] for it in children]
    return exports.zipped({**files, "ssd_address.csv": exports.delimited(addresses)})


def table(gardener: Gardener, number: int = 40) -> bytes:
    """A council's own table with columns of names, numbers and notes beside those that are taken."""
    children = planted_children(number, gardener)
    more = ("First name", "Surname", "NHS", "UPN", "Postcode", "Notes", "Mother born")
    rows: list[Row] = [(*exports.TABLE_HEADINGS, *more)]
    for place, (child, row) in enumerate(zip(children, exports.table(children)[1:], strict=True)):
        cells = list(row)
        if place % 10 == 3:
            cells[4] = child.worker if place % 20 == 3 else f"Team of {gardener.nhs_number()}"
        if place % 10 == 7:
            cells[3] = gardener.name()
        if place % 10 == 9:
            cells[2] = gardener.name()
        own = (gardener.name(), gardener.name(), gardener.nhs_number(), gardener.upn(), gardener.postcode())
        rows.append((*cells, *own, gardener.sentence(), gardener.birth()))
    return exports.delimited(rows)
