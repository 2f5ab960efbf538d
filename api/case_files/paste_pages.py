"""Pasting many case files as lines from a spreadsheet, with a preview before anything is created."""

import csv
import io
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Annotated

from fastapi import Request
from starlette.responses import Response

from api.case_files import actions
from api.case_files.actions import MOST_IN_ONE_CALL, NewCaseFile, PreparedCaseFiles
from api.case_files.pages import ReadingLead
from api.case_files.queries import harm_labels
from api.case_files.words import words_in_use
from api.foundation.http.dependencies import ActorRequest, Computed, Transaction, computing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm, key_of
from api.foundation.pages.home_page import next_step_or
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, Problem
from api.people.teams.queries import team_choices
from checklists.cases import CHILDRENS_WORDS, CaseWords
from checklists.plurals import plural

router = Router(include_in_schema=False)

COLUMNS = ("reference", "team", "status", "age band", "forms of harm")
FAULTS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was understood; it has a case file only when nothing in it is wrong."""

    number: int
    shown: tuple[str, ...]
    case_file: NewCaseFile | None
    faults: tuple[str, ...]


@router.get("/case-files/list")
def paste(request: Request, acting: ReadingLead) -> Response:
    return _page(request, acting)


@router.post("/case-files/list", response_model=None)
def preview_or_create(
    request: Request,
    asking: Annotated[ActorRequest, computing(Permission.WRITE_CASE_FILES)],  # noqa: ARG001 - declares what it needs
    form: PostedForm,
) -> Computed:
    """First shows how the lines were understood; creates them, all or none, when sent again from the preview."""

    def prepare(acting: Transaction) -> Response | PreparedCaseFiles:
        lines, prepared = _understood(acting, form)
        return prepared if form.has("make") else _page(request, acting, form=form, lines=lines)

    def store(acting: Transaction, prepared: PreparedCaseFiles) -> Response:
        made = actions.store_case_files(acting.session, prepared, by=acting.actor)
        onward = next_step_or("/case-files", acting.session, by=acting.actor)
        return redirect(onward, notice=f"{plural(len(made), 'case file')} created.")

    def refused(acting: Transaction, problem: Problem) -> Response:
        if not isinstance(problem, Invalid):
            raise problem
        return _page(request, acting, form=form, problem=problem)

    return Computed(prepare, store, key=key_of(form) if form.has("make") else None, refused=refused)


def _understood(acting: Transaction, form: TypedForm) -> tuple[list[Line], PreparedCaseFiles]:
    """The lines as case files, and what is stored of them. Raises Invalid with every fault, in the order of the lines.

    A line that cannot be understood does not hide what is wrong with the others.
    """
    try:
        rows = read_lines(form.text("lines"))
    except csv.Error:
        raise Invalid.at(
            "lines", ("A cell is too long. Paste lines from one sheet, with a separate column for each item.")
        ) from None
    if not rows:
        raise Invalid.at("lines", "Paste at least 1 line.")
    if len(rows) > MOST_IN_ONE_CALL:
        raise Invalid.at("lines", f"Paste no more than {MOST_IN_ONE_CALL:,} lines at once.")
    teams = {
        _plain(choice["text"]): uuid.UUID(choice["value"]) for choice in team_choices(acting.session, acting.actor)
    }
    harms = harm_labels(acting.session, acting.actor)
    tags = {_plain(text): key for key, label in harms.items() for text in (key, label)}
    words = words_in_use(acting.session, acting.actor.organisation_id)
    lines = [understand(number, cells, teams, tags, words) for number, cells in rows]
    faults = [(line.number, fault) for line in lines for fault in line.faults]
    understood = [(line.number, line.case_file) for line in lines if line.case_file]
    prepared: PreparedCaseFiles | None = None
    try:
        wanted = [case_file for _, case_file in understood]
        prepared = actions.prepare_case_files(acting.session, case_files=wanted, by=acting.actor)
    except Invalid as problem:
        places = [(fault.pointer.split("/")[1], fault.detail) for fault in problem.faults]
        faults += [(understood[int(place)][0], detail) for place, detail in places]
    said = [f"Line {number}: {detail}" for number, detail in sorted(faults, key=itemgetter(0))]
    form.faults.extend(Fault("lines", words) for words in said[:FAULTS_SHOWN])
    return lines, form.given(prepared)


def read_lines(text: str) -> list[tuple[int, list[str]]]:
    """The cells of each line that is not blank, by line number; a heading row is left out.

    Raises csv.Error for a cell of more than 131,072 characters.
    """
    separator = "\t" if "\t" in text else ","
    rows = [
        (number, [cell.strip() for cell in cells])
        for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=separator), start=1)
        if any(cell.strip() for cell in cells)
    ]
    if rows and {"team", "status"} <= {_plain(cell) for cell in rows[0][1]}:
        del rows[0]
    return rows


def understand(
    number: int,
    cells: Sequence[str],
    teams: Mapping[str, uuid.UUID],
    harms: Mapping[str, str],
    words: CaseWords = CHILDRENS_WORDS,
) -> Line:
    """One line: values are matched without regard to case, spaces and hyphens, and never guessed."""
    shown = tuple((list(cells) + [""] * len(COLUMNS))[: len(COLUMNS)])
    reference, team, status, age_band, forms_of_harm = shown
    faults = []
    if len(cells) > len(COLUMNS):
        faults.append(f"there are more than {len(COLUMNS)} columns. Include only {', '.join(COLUMNS)}.")
    team_id = teams.get(_plain(team))
    if team_id is None:
        faults.append("the team is not one of your active teams. Enter the name shown under Teams.")
    statuses = {_plain(text): key for key, label in words.statuses.items() for text in (key, label)}
    if _plain(status) not in statuses:
        faults.append(f"the status is none of {', '.join(words.statuses.values())}.")
    bands = {_plain(text): key for key, label in words.age_bands.items() for text in (key, label)}
    if _plain(age_band) not in bands:
        faults.append(f"the age band is none of {', '.join(words.age_bands.values())}.")
    named = [_plain(part) for part in forms_of_harm.split(";") if part.strip()]
    if any(part not in harms for part in named):
        faults.append(
            "a form of harm is not in any of your published templates. Separate forms of harm with semicolons."
        )
    if faults or team_id is None:
        return Line(number, shown, None, tuple(faults))
    new = NewCaseFile(
        team_id,
        statuses[_plain(status)],
        bands[_plain(age_band)],
        tuple(dict.fromkeys(harms[part] for part in named)),
        reference.upper() or None,
    )
    return Line(number, shown, new, ())


def _plain(text: str) -> str:
    return "".join(text.casefold().replace("-", " ").split())


def _page(
    request: Request,
    acting: Transaction,
    *,
    form: TypedForm | None = None,
    lines: Sequence[Line] = (),
    problem: Problem | None = None,
) -> Response:
    words = words_in_use(acting.session, acting.actor.organisation_id)
    return render(
        request,
        "case_files/paste.html",
        acting=acting,
        refusal=problem,
        form=form,
        lines=lines,
        columns=[column.capitalize() for column in COLUMNS],
        teams=team_choices(acting.session, acting.actor),
        words=words,
        statuses=list(words.statuses.values()),
        age_bands=list(words.age_bands.values()),
        harms=list(harm_labels(acting.session, acting.actor).values()),
    )
