"""Pages of the audits' workbook: downloading it, uploading it, choosing what to keep, and saving."""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import Request
from pydantic import Field, TypeAdapter, ValidationError
from starlette.responses import Response

from api.audits.workbooks.actions import PlannedWorkbook, plan_workbook, save_sheet
from api.audits.workbooks.checking import KEEP_SAVED, keep_typed, shown_cells
from api.audits.workbooks.reading import TypedSheet, as_plain, sheets_in
from api.audits.workbooks.routes import workbook_file
from api.audits.workbooks.tokens import workbook_key
from api.documents.reading.sandbox import LARGEST_WORKBOOK
from api.foundation.http.bodies import MEGABYTE, body
from api.foundation.http.dependencies import (
    ActorRequest,
    Computed,
    ComputedInParts,
    Transaction,
    computing,
    heavy_reading,
    reading,
)
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Fault, Invalid, Problem
from checklists.plurals import plural

router = Router(include_in_schema=False)

PATH: Final = "/audits/workbook"
HeavyScorer = Annotated[Transaction, heavy_reading(Permission.SCORE_AUDITS)]
KEEP: Final = "keep:"
_SHEETS: Final = TypeAdapter(Annotated[list[TypedSheet], Field(min_length=1)])
_LOST: Final = "The page does not hold the workbook any more. Upload it again."


@router.get(PATH)
def ask_for_workbook(request: Request, acting: Annotated[Transaction, reading(Permission.SCORE_AUDITS)]) -> Response:
    return _upload_page(request, acting)


@router.get(PATH + "/file")
def download(acting: HeavyScorer) -> Response:
    return workbook_file(acting)


@router.post(PATH, response_model=None, dependencies=[body(LARGEST_WORKBOOK, files=True)])
def check_workbook(
    request: Request,
    asking: Annotated[ActorRequest, computing(Permission.SCORE_AUDITS)],  # noqa: ARG001 - declares what it needs
    form: PostedForm,
) -> Computed:
    """Nothing is stored: what was typed goes back to the page."""

    def prepare(acting: Transaction) -> Response:
        content = form.file("file")
        if not content:
            raise Invalid.at("/file", "Select a workbook.")
        sheets = sheets_in(content)
        plan = _planned(acting, sheets, {})
        plan.check()
        return _preview(request, acting, sheets, plan)

    def refused(acting: Transaction, problem: Problem) -> Response:
        return _upload_page(request, acting, problem=problem)

    return Computed(prepare, _nothing, refused=refused)


@router.post(PATH + "/save", response_model=None, dependencies=[body(24 * MEGABYTE, files=True)])
def save_workbook(
    request: Request,
    asking: Annotated[ActorRequest, computing(Permission.SCORE_AUDITS)],  # noqa: ARG001 - declares what it needs
    form: PostedForm,
) -> ComputedInParts:
    """Checks the whole workbook again; then saves one audit after another, each in a transaction of its own."""
    saving = _Saving(request, form)
    return ComputedInParts(saving.parts(), saving.join)


def _nothing(_acting: Transaction, _prepared: Any) -> Response:
    """Stores nothing: the request only checked the workbook."""
    return Response(status_code=204)


class _Saving:
    """One request that saves a workbook. While something is to be corrected or chosen, nothing is saved."""

    def __init__(self, request: Request, form: TypedForm) -> None:
        self.request, self.form, self.keep = request, form, _kept(form)
        self.sheets: Sequence[TypedSheet] = ()
        self.page: Response | None = None
        self.saved: list[str] = []
        self.refused: list[str] = []

    def parts(self) -> Iterator[Computed]:
        """The check of the whole; after it, when there is nothing to correct or choose, one audit after another."""
        yield Computed(self.check, _nothing, refused=self.refuse)
        if self.page is None:
            yield from map(self.part, self.sheets)

    def check(self, acting: Transaction) -> Response:
        try:
            self.sheets = _SHEETS.validate_json(self.form.text("sheets"))
        except ValidationError:
            raise Invalid.at("/file", _LOST) from None
        plan = _planned(acting, self.sheets, self.keep)
        plan.check()
        if any(each.conflicts for each in plan.sheets):
            self.page = _preview(self.request, acting, self.sheets, plan, keep=self.keep)
        return Response(status_code=204)

    def refuse(self, acting: Transaction, problem: Problem) -> Response:
        self.page = _upload_page(self.request, acting, problem=problem)
        return Response(status_code=204)

    def part(self, sheet: TypedSheet) -> Computed:
        def prepare(acting: Transaction) -> Response | TypedSheet:
            # The texts are searched here, so that saving need not.
            plan = _planned(acting, [sheet], self.keep)
            plan.check()
            return sheet if plan.to_save else Response(status_code=204)

        def store(acting: Transaction, prepared: TypedSheet) -> Response:
            plan = save_sheet(
                acting.session, sheet=prepared, keep=self.keep, key=workbook_key(acting.settings), by=acting.actor
            )
            self.saved.append(plan.found.case_file.reference)
            return Response(status_code=204)

        def refused(_acting: Transaction, _problem: Problem) -> Response:
            self.refused.append(sheet.name)
            return Response(status_code=204)

        return Computed(prepare, store, refused=refused)

    def join(self, _responses: Sequence[Response]) -> Response:
        if self.page is not None:
            return self.page
        said = f"{plural(len(self.saved), 'audit')} saved from the workbook."
        if self.refused:
            said += f" {plural(len(self.refused), 'audit')} changed meanwhile and not saved: upload the workbook again."
        return redirect("/audits", notice=said)


def _planned(acting: Transaction, sheets: Sequence[TypedSheet], keep: Mapping[str, str]) -> PlannedWorkbook:
    return plan_workbook(acting.session, sheets=sheets, keep=keep, key=workbook_key(acting.settings), by=acting.actor)


def _kept(form: TypedForm) -> dict[str, str]:
    """What to keep of each part that was changed meanwhile."""
    return {
        name.removeprefix(KEEP): values[0] for name, values in form.typed.items() if name.startswith(KEEP) and values
    }


def _upload_page(request: Request, acting: Transaction, *, problem: Problem | None = None) -> Response:
    return render(
        request,
        "audits/workbooks/upload.html",
        acting=acting,
        status=200 if problem is None else problem.status,
        faults=[] if problem is None else [Fault("file", problem.detail)],
        places=[] if problem is None or len(problem.faults) < 2 else [fault.detail for fault in problem.faults],
    )


def _preview(
    request: Request,
    acting: Transaction,
    sheets: Sequence[TypedSheet],
    plan: PlannedWorkbook,
    *,
    keep: Mapping[str, str] | None = None,
) -> Response:
    """What would be saved; with `keep`, after something was left undecided."""
    pairs = [(_name_of(each.found.audit.id, part.key), part, each) for each in plan.sheets for part in each.conflicts]
    decided = {f"{KEEP}{name}": value for name, value in (keep or {}).items()}
    faults = [Fault(name, f"Select which version to keep for “{part.label}”") for name, part, _ in pairs]
    return render(
        request,
        "audits/workbooks/preview.html",
        acting=acting,
        status=200 if keep is None else 422,
        faults=[] if keep is None else faults,
        typed=None if keep is None else {name: [value] for name, value in decided.items()},
        plans=plan.to_save,
        unchanged=len(plan.sheets) - len(plan.to_save),
        decided={name: value for name, value in decided.items() if name not in {each for each, _, _ in pairs}},
        pairs={
            name: (list(shown_cells(each, part, typed=True)), list(shown_cells(each, part, typed=False)))
            for name, part, each in pairs
        },
        name_of=_name_of,
        keep_saved=KEEP_SAVED,
        keep_typed={name: keep_typed(each.stored_mark(part)) for name, part, each in pairs},
        sheets=json.dumps(as_plain(sheets), ensure_ascii=False, separators=(",", ":")),
    )


def _name_of(audit_id: uuid.UUID, part: str) -> str:
    """The name of the field that says what to keep of a part."""
    return f"{KEEP}{audit_id}/{part}"
