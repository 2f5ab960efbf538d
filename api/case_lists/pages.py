"""Pages of case lists: an export of a case system is read in memory, previewed, and imported under pseudonyms."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.case_files.characteristics.queries import characteristics_in_use
from api.case_files.words import lists_of_words, words_in_use
from api.case_lists import actions, drafts, importing
from api.case_lists import choices as reading_choices
from api.case_lists.actions import CheckedList, ImportEffect
from api.case_lists.carried_files import MINUTES, NO_FILES, CarriedFiles, open_sealed, seal
from api.case_lists.drafts import PreparedDraft
from api.case_lists.importing import PreparedImport
from api.case_lists.long_work import ImportCaseList
from api.case_lists.pseudonyms.key_file import KeyFileError, parse_keys
from api.case_lists.pseudonyms.list_file import ListFileError, looks_like_case_list, read_case_list
from api.case_lists.readers.outcome import Outcome
from api.case_lists.readers.result import RefusedRow
from api.case_lists.readers.sandbox import read_in_sandbox
from api.case_lists.teams import MAKE_A_TEAM
from api.documents.reading.refusals import UnreadableError
from api.foundation.http.bodies import MEGABYTE, body
from api.foundation.http.dependencies import ActorRequest, Computed, Long, Page, Transaction, computing, reading
from api.foundation.http.routing import Router
from api.foundation.http.security import cookie_name
from api.foundation.pages.forms import PostedForm, TypedForm, key_of
from api.foundation.pages.home_page import next_step_or
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, Problem
from api.jobs.pages import asked as job_asked
from api.people.teams.queries import team_choices
from checklists.case_list import CaseList as CaseListContent
from checklists.plurals import plural

router = Router(include_in_schema=False)

Lead = Annotated[Transaction, reading(Permission.WRITE_CASE_FILES)]
PLACES_SHOWN: Final = 5
CHOICE: Final = "choice:"
# Before each answer. "Not in this table" is an empty answer, and the prefix distinguishes it from no answer.
ANSWER: Final = "="
TEAM: Final = "team:"


@dataclass(frozen=True, slots=True)
class ListPreview:
    """What a file holds, and what importing it would do."""

    checked: CheckedList
    effect: ImportEffect
    outcome: Outcome | None = None

    @property
    def content(self) -> CaseListContent:
        return self.checked.content


@router.get("/case-lists")
def list_case_lists(request: Request, acting: Lead, page: Page) -> Response:
    found = actions.list_case_lists(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id)
    shown, after = page.cut(found, key=lambda each: each.id)
    return render(
        request,
        "case_lists/list.html",
        acting=acting,
        lists=shown,
        has_answers=bool(reading_choices.stored_choices(acting.session, by=acting.actor)),
        after=after,
        first=page.after is None,
    )


@router.get("/case-lists/new")
def choose_file(request: Request, acting: Lead) -> Response:
    return _page(request, acting)


@router.post("/case-lists/new", response_model=None, dependencies=[body(64 * MEGABYTE, files=True)])
def preview_or_import(
    request: Request,
    asking: Annotated[ActorRequest, computing(Permission.WRITE_CASE_FILES)],  # noqa: ARG001 - declares what it needs
    form: PostedForm,
) -> Computed:
    """First shows what a file holds and stores it as a draft; imports the draft when that is sent from the preview."""
    return _import(request, form) if form.has("draft") else _preview(request, form)


def _preview(request: Request, form: TypedForm) -> Computed:
    files = _files_of(request, form)

    def prepare(acting: Transaction) -> Response | tuple[PreparedDraft, Response]:
        seen = _read_file(acting, form, files)
        if not isinstance(seen, ListPreview):
            return _page(request, acting, form=form, asked=seen, files=files)
        return drafts.prepare_draft(seen.checked), _page(request, acting, form=form, looked=seen)

    def store(acting: Transaction, prepared: tuple[PreparedDraft, Response]) -> Response:
        draft, page = prepared
        drafts.keep_draft(acting.session, draft, by=acting.actor)
        return page

    def refused(acting: Transaction, problem: Problem) -> Response:
        at_fault = {fault.pointer for fault in problem.faults}
        kept = CarriedFiles(
            None if "file" in at_fault else files.export, None if "key_file" in at_fault else files.key_file
        )
        return _page(request, acting, form=form, problem=problem, files=kept)

    return Computed(prepare, store, refused=refused)


def _files_of(request: Request, form: TypedForm) -> CarriedFiles:
    """The files that were selected, now or on the page before."""
    carried = open_sealed(form.text("carried"), session_secret=_session_secret(request)) or CarriedFiles()
    return CarriedFiles(form.file("file") or carried.export, form.file("key_file") or carried.key_file)


def _session_secret(request: Request) -> str:
    return request.cookies.get(cookie_name(request.app.state.settings), "")


def _import(request: Request, form: TypedForm) -> Computed:
    def content(acting: Transaction) -> CaseListContent:
        return drafts.find_draft(acting.session, digest=form.text("draft"), by=acting.actor)

    def work(acting: Transaction) -> ImportCaseList:
        return ImportCaseList(content(acting), _teams_of(form), _choices_of(form))

    def prepare(acting: Transaction) -> PreparedImport:
        checked = _checked(acting, content(acting))
        return importing.prepare_import(acting.session, checked=checked, teams=_teams_of(form), by=acting.actor)

    def store(acting: Transaction, prepared: PreparedImport) -> Response:
        made = importing.complete_import(acting.session, prepared, by=acting.actor)
        reading_choices.store_choices(acting.session, choices=_choices_of(form), by=acting.actor)
        drafts.delete_draft(acting.session, digest=made.digest, by=acting.actor)
        return _show_imported(acting, made.id)

    def refused(acting: Transaction, problem: Problem) -> Response:
        try:
            looked = _preview_of(acting, content(acting))
        except Invalid:
            looked = None  # the draft is gone, or can no longer be imported: the file must be chosen again
        return _page(request, acting, form=form, looked=looked, problem=problem)

    return Computed(
        prepare,
        store,
        key=key_of(form),
        refused=refused,
        pieces=importing.pieces_of,
        give_up=importing.give_up_pieces,
        long=Long(work, job_asked, _show_imported),
    )


def _show_imported(acting: Transaction, case_list_id: uuid.UUID) -> Response:
    made = actions.find_case_list(acting.session, case_list_id=case_list_id, by=acting.actor)
    return redirect(
        next_step_or("/case-lists", acting.session, by=acting.actor),
        notice=(f"{plural(made.cases, 'case')} imported, including {made.made:,} new. Draw a sample next."),
    )


def _read_file(acting: Transaction, form: TypedForm, files: CarriedFiles) -> ListPreview | Outcome:
    """What the file holds; an outcome without a list when a question must be answered first.

    Raises Invalid when the file cannot be read.
    """
    content, outcome = files.export, None
    if content is None:
        lost = "The files are no longer kept on the page. Select the files again."
        raise Invalid.at("file", lost if form.text("carried") else "Select a file.")
    if looks_like_case_list(content):
        try:
            listed = read_case_list(content, words_in_use(acting.session, acting.actor.organisation_id))
        except ListFileError as error:
            raise Invalid("Nothing was imported.", faults=_faults_of(error)) from None
    else:
        outcome = _read(acting, form, content, files.key_file)
        if outcome.case_list is None:
            return outcome
        listed = outcome.case_list
    return _preview_of(acting, listed, outcome)


def _preview_of(acting: Transaction, content: CaseListContent, outcome: Outcome | None = None) -> ListPreview:
    """The preview of a list. Raises Invalid for one that cannot be imported."""
    checked = _checked(acting, content)
    return ListPreview(checked, actions.effect_of(acting.session, checked=checked, by=acting.actor), outcome)


def _checked(acting: Transaction, content: CaseListContent) -> CheckedList:
    session, own = acting.session, acting.actor.organisation_id
    known = characteristics_in_use(session, own)
    return actions.check_list(content, words=words_in_use(session, own), characteristics=known, by=acting.actor)


def _faults_of(error: ListFileError) -> tuple[Fault, ...]:
    """The faults of a list, all at the field of the file, each with its line."""
    told = [f"Line {each.line}{f', {each.column}' if each.column else ''}: {each.words}" for each in error.faults]
    more = [f"And {plural(error.more, 'more error')}."] if error.more else []
    return tuple(Fault("file", words) for words in (*told, *more))


def _read(acting: Transaction, form: TypedForm, content: bytes, key_file: bytes | None) -> Outcome:
    on = form.date("on", "The date of the export")
    if key_file is None:
        form.faults.append(
            Fault(
                "key_file",
                (
                    "This file is an export from a case system. Select the council's key file too, or "
                    "use the caseaudit pseudonymise command."
                ),
            )
        )
    on, key_file = form.given(on), form.given(key_file)
    lists = {each.key: each.words for each in lists_of_words(acting.session, acting.actor.organisation_id)}
    words = lists.get(form.text("words"))
    if words is None:
        raise Invalid.at("words", "Select whose cases these are.")
    choices = reading_choices.stored_choices(acting.session, by=acting.actor) | _choices_of(form)
    try:
        return read_in_sandbox(
            content,
            choices=choices,
            on=on,
            keys=parse_keys(key_file),
            words=words,
            characteristics=characteristics_in_use(acting.session, acting.actor.organisation_id),
        )
    except KeyFileError as error:
        raise Invalid.at("key_file", str(error)) from None
    except UnreadableError as error:
        raise Invalid.at("file", str(error)) from None


def _choices_of(form: TypedForm) -> dict[str, str]:
    """The answers about the file, from this page or an earlier one."""
    return {
        name.removeprefix(CHOICE): values[0].removeprefix(ANSWER)
        for name, values in form.typed.items()
        if name.startswith(CHOICE) and values and values[0].startswith(ANSWER)
    }


def _teams_of(form: TypedForm) -> dict[str, uuid.UUID | str]:
    """Which team each unknown name means."""
    chosen: dict[str, uuid.UUID | str] = {}
    for name, values in form.typed.items():
        if name.startswith(TEAM) and values and values[0]:
            try:
                chosen[name.removeprefix(TEAM)] = MAKE_A_TEAM if values[0] == MAKE_A_TEAM else uuid.UUID(values[0])
            except ValueError:
                continue
    return chosen


def _page(
    request: Request,
    acting: Transaction,
    *,
    form: TypedForm | None = None,
    looked: ListPreview | None = None,
    asked: Outcome | None = None,
    problem: Problem | None = None,
    files: CarriedFiles = NO_FILES,
) -> Response:
    lists = lists_of_words(acting.session, acting.actor.organisation_id)
    outcome = asked or (looked.outcome if looked is not None else None)
    return render(
        request,
        "case_lists/new.html",
        acting=acting,
        refusal=problem,
        faults=() if problem is None else _on_fields(problem, looked),
        form=form,
        looked=looked,
        asked=asked,
        carried=seal(files, session_secret=_session_secret(request)),
        files=files,
        minutes_carried=MINUTES,
        lists=[{"value": each.key, "text": each.title} for each in lists],
        choices={} if form is None else {key: f"{ANSWER}{answer}" for key, answer in _choices_of(form).items()},
        sheets=() if outcome is None else outcome.sheets,
        refused=() if outcome is None else _grouped(outcome.refused),
        refused_in_all=0 if outcome is None else outcome.refused_in_all,
        remarks=() if outcome is None else _grouped(outcome.remarks),
        questions=()
        if asked is None
        else [
            (
                f"{CHOICE}{question.key}",
                question.words,
                [{"value": f"{ANSWER}{value}", "text": text} for value, text in question.options.items()],
            )
            for question in asked.questions
        ],
        unknown_teams=[] if looked is None else [team for team in looked.effect.teams if team.team_id is None],
        teams=[{"value": MAKE_A_TEAM, "text": "Add a new team"}, *team_choices(acting.session, acting.actor)],
    )


def _grouped(found: Sequence[RefusedRow]) -> list[tuple[str, list[str]]]:
    """The remarks about rows, each once, with the first few places where it applies."""
    places: dict[str, list[str]] = {}
    for each in found:
        said = f"{each.column}: {each.words}" if each.column else each.words
        where = f"{each.place.sheet}, row {each.place.row}" if each.place.row else each.place.sheet
        places.setdefault(said, []).append(where)
    return [(said, [*rows[:PLACES_SHOWN], *_and_more(len(rows) - PLACES_SHOWN)]) for said, rows in places.items()]


def _and_more(number: int) -> list[str]:
    return [f"and {number:,} more"] if number > 0 else []


def _on_fields(problem: Problem, looked: ListPreview | None) -> Sequence[Fault]:
    """The faults of a list, at the field of the page that corrects them; faults of a case with its line."""
    if not problem.faults:
        return (Fault("", problem.detail),)
    return tuple(_on_field(fault, looked) for fault in problem.faults)


def _on_field(fault: Fault, looked: ListPreview | None) -> Fault:
    parts = fault.pointer.split("/")
    if len(parts) == 4 and parts[1] == "cases" and parts[2].isdecimal() and looked is not None:
        case = looked.content.cases[int(parts[2])]
        if parts[3] == "team":
            return Fault(f"{TEAM}{case.team}", fault.detail)
        return Fault("file", f"Line {int(parts[2]) + 2}: {fault.detail}")
    return (
        fault
        if not fault.pointer.startswith("/")
        else Fault("on" if "listed_on" in fault.pointer else "file", fault.detail)
    )
