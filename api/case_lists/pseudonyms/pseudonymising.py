"""Turns an export into a case list without names."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from api.case_lists.pseudonyms.list_cells import team_fault
from api.case_lists.readers.result import ExportContent, Place, SourceCase
from api.documents.reading.refusals import UnreadableError
from checklists.case_list import CaseList, ListedCase
from checklists.cases import CHILDRENS_WORDS, NOT_KNOWN, CaseWords
from checklists.privacy.pseudonyms import Key, child_reference, normalised, normalised_name, worker_pseudonym

# A list without teams, such as a census, is still a list: its cases get this team.
NO_TEAM: Final = "Team not recorded"
# In a list of this many cases a team has more than one or two: a value shared by fewer may be a note about one of them.
_ENOUGH_CASES: Final = 20
_FEWEST_OF_A_TEAM: Final = 3


def pseudonymise(
    reading: ExportContent, *, keys: Sequence[Key], on: date, words: CaseWords = CHILDRENS_WORDS
) -> CaseList:
    """The cases under pseudonyms of the first key, in the order of their references, and nothing else of the export.

    Birth dates become age bands on the day, days become months, and `formerly` is the reference under the second key.
    Teams without a name, or with a rejected one (`withheld_teams`), become NO_TEAM. Raises UnreadableError for an
    invalid identifier, for two cases of one child, and for a team column that does not hold teams.
    """
    withheld = withheld_teams(reading)
    workers: dict[str, str] = {"": ""}
    seen: dict[str, Place] = {}
    cases = []
    for case in reading.cases:
        reference, *before = _references(case, keys[:2])
        if reference in seen:
            raise UnreadableError(
                f"{_where(seen[reference])} and {_where(case.place)} have the same reference. Cases are not "
                "combined: check whether the export lists a child twice."
            )
        seen[reference] = case.place
        if case.worker not in workers:
            workers[case.worker] = _worker(case, keys[0])
        team = NO_TEAM if not case.team or case.team in withheld else case.team
        cases.append(_listed(case, reference, team, workers[case.worker], "".join(before), _age_band(case, on, words)))
    cases.sort(key=lambda each: each.reference)
    return CaseList(on, keys[0].id, reading.format.value, tuple(cases))


def withheld_teams(reading: ExportContent) -> Mapping[str, str]:
    """The names of teams that must not be in a list, each with the reason in words that do not repeat it.

    Raises UnreadableError when there are nearly as many teams as children: then it is another column.
    """
    teams = Counter(case.team for case in reading.cases if case.team)
    is_long = len(reading.cases) >= _ENOUGH_CASES
    if is_long and len(teams) > len(reading.cases) / 2:
        raise UnreadableError(
            "The column used for the team differs for each child, so it may not be a team and may contain names. "
            "Select the column that contains the team, or select that there is no team column."
        )
    workers = _by_first_word(map(_words, {case.worker for case in reading.cases}))
    children = {case.child.casefold() for case in reading.cases}
    withheld = {}
    for team, cases in teams.items():
        fault = team_fault(team)
        if fault is not None:
            withheld[team] = fault
        elif team.casefold() in children:
            withheld[team] = "This is a child's identifier."
        elif _names_a_worker(_words(team), workers):
            withheld[team] = "This is, or contains, a practitioner's name."
        elif is_long and cases < _FEWEST_OF_A_TEAM:
            withheld[team] = (
                f"Fewer than {_FEWEST_OF_A_TEAM} cases have this value, so it may be about an individual case."
            )
    return withheld


def _listed(case: SourceCase, reference: str, team: str, worker: str, formerly: str, age_band: str) -> ListedCase:
    return ListedCase(
        reference=reference,
        team=team,
        status=str(case.status),
        age_band=age_band,
        category=str(case.category) if case.category else None,
        worker=worker,
        started=_month(case.started),
        closed=_month(case.closed),
        formerly=formerly,
        re_referral=case.re_referral,
        counts=case.counts,
        characteristics=case.characteristics,
    )


def _references(case: SourceCase, keys: Iterable[Key]) -> list[str]:
    try:
        child = normalised(case.child)
    except ValueError as problem:
        raise UnreadableError(f"{_where(case.place)}: {problem}") from None
    return [child_reference(key, child) for key in keys]


def _worker(case: SourceCase, key: Key) -> str:
    try:
        normalised_name(case.worker)
    except ValueError as problem:
        raise UnreadableError(f"{_where(case.place)}: {problem}") from None
    return worker_pseudonym(key, case.worker)


def _where(place: Place) -> str:
    return f"{place.sheet or 'The file'}, row {place.row}" if place.row else place.sheet or "A case"


def _age_band(case: SourceCase, on: date, words: CaseWords) -> str:
    if case.born is not None:
        return words.band_of_birth(case.born, on)
    if case.unborn:
        return words.unborn or NOT_KNOWN
    return NOT_KNOWN if case.age is None else words.band_of_age(case.age)


def _month(day: date | None) -> date | None:
    return None if day is None else day.replace(day=1)


def _words(name: str) -> frozenset[str]:
    """The words of a name, whichever comes first: "Okafor, Wren" and "Wren Okafor" are one."""
    return frozenset("".join(each if each.isalnum() else " " for each in name.casefold()).split())


def _by_first_word(names: Iterable[frozenset[str]]) -> Mapping[str, set[frozenset[str]]]:
    sorted_out: dict[str, set[frozenset[str]]] = {}
    for words in names:
        if words:
            sorted_out.setdefault(min(words), set()).add(words)
    return sorted_out


def _names_a_worker(team: frozenset[str], workers: Mapping[str, set[frozenset[str]]]) -> bool:
    # One word of a longer name says little: a worker called "Duty" does not make "Duty and Assessment" a person's name.
    return any(words == team or (len(words) > 1 and words <= team) for word in team for words in workers.get(word, ()))
