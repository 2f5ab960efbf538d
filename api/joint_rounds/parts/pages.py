"""Pages of a person's own parts: the list, and one to answer."""

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.access.joint import may_read_joint_case
from api.foundation.http.dependencies import Page, Transaction, reading, writing
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, TypedForm
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Invalid, NotAllowed, Problem, Stale, is_allowed
from api.joint_rounds.page_parts import PART_COLOURS
from api.joint_rounds.parts import actions, queries
from api.joint_rounds.parts.actions import MOST_ENTRIES, NewEntry, PartAnswer, PartContent
from api.joint_rounds.parts.rules import check_can_answer
from api.joint_rounds.report.agency_queries import list_reported
from checklists.joint.states import ChronologyKind
from models import ChronologyEntry

router = Router(include_in_schema=False)

Reader = Annotated[Transaction, reading(Permission.WRITE_JOINT_PARTS)]
Writer = Annotated[Transaction, writing(Permission.WRITE_JOINT_PARTS)]
_FIELDS: Final = ("month", "kind", "words", "keep_names")
_SPARE_ROWS: Final = 3


@router.get("/joint-parts")
def list_parts(request: Request, acting: Reader, page: Page) -> Response:
    found = queries.list_own_parts(acting.session, by=acting.actor, limit=page.to_fetch, after=page.after_id)
    shown, after = page.cut(found, key=lambda each: each.part.id)
    return render(
        request,
        "joint_rounds/parts/list.html",
        acting=acting,
        items=shown,
        after=after,
        first=page.after is None,
        colours=PART_COLOURS,
        reported=list_reported(acting.session, by=acting.actor) if page.after is None else (),
    )


@router.get("/joint-parts/{part_id}")
def show_part(request: Request, acting: Reader, part_id: uuid.UUID) -> Response:
    return _page(request, acting, part_id)


@router.post("/joint-parts/{part_id}")
def answer_part(request: Request, acting: Writer, part_id: uuid.UUID, form: PostedForm) -> Response:
    """Save what was typed; with the other button return it too."""
    rows = _typed_rows(form)
    found = queries.read_own_part(acting.session, part_id=part_id, by=acting.actor)
    content = PartContent(
        known=form.text("known") != "no",
        answers=[_typed_answer(form, each.theme.key) for each in found.questions],
        entries=[_entry_of(row) for row in rows],
    )
    is_submitted = form.text("do") == "submit"
    try:
        with acting.attempt():
            saved = actions.save_part(
                acting.session, part_id=part_id, content=content, version=form.version, by=acting.actor
            )
            if is_submitted:
                actions.submit_part(acting.session, part_id=part_id, version=saved.version, by=acting.actor)
    except (Invalid, Stale, Conflict, NotAllowed) as problem:
        return _page(request, acting, part_id, problem=problem, form=form, rows=rows)
    notice = "Returned. You can see the other agencies once the panel is open." if is_submitted else "Saved."
    return redirect("/joint-parts" if is_submitted else f"/joint-parts/{part_id}", notice=notice)


def _typed_answer(form: TypedForm, theme: str) -> PartAnswer:
    prefix = f"answers/{theme}/"
    return PartAnswer(theme, form.text(f"{prefix}answer"), form.text(f"{prefix}words"), form.keep_names(prefix))


def _typed_rows(form: TypedForm) -> list[Mapping[str, str]]:
    """The rows of the chronology in which something was typed."""
    rows = [
        {name: form.text(f"entries/{place}/{name}") for name in _FIELDS} for place in range(MOST_ENTRIES + _SPARE_ROWS)
    ]
    return [row for row in rows if row["month"] or row["words"]]


def _entry_of(row: Mapping[str, str]) -> NewEntry:
    kind = next((each for each in ChronologyKind if each == row["kind"]), None)
    keep = TypedForm({"keep_names": [row["keep_names"]]}).keep_names()
    return NewEntry(_month_of(row["month"]), kind, row["words"], keep)


def _month_of(typed: str) -> date | None:
    """The first day of a month that was typed as 3 2026 or 03/2026; None for anything else."""
    found = re.fullmatch(r"\s*(\d{1,2})[\s/.-]+(\d{4})\s*", typed, re.ASCII)
    if found is None or not (1 <= int(found[1]) <= 12 and int(found[2]) >= 1900):
        return None
    return date(int(found[2]), int(found[1]), 1)


def _row_of(entry: ChronologyEntry) -> Mapping[str, str]:
    month = f"{entry.month.month} {entry.month.year}"
    return {"month": month, "kind": entry.kind.value, "words": entry.words, "keep_names": ""}


def _page(
    request: Request,
    acting: Transaction,
    part_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    form: TypedForm | None = None,
    rows: Sequence[Mapping[str, str]] = (),
) -> Response:
    found = queries.read_own_part(acting.session, part_id=part_id, by=acting.actor)
    own = found.own
    shown = list(rows) if form is not None else [_row_of(each) for each in found.entries]
    spare = [dict.fromkeys(_FIELDS, "")] * min(_SPARE_ROWS, MOST_ENTRIES - len(shown))
    typed = None
    if form is not None:
        # Empty rows are left out, so that each row is again where its faults are.
        others = {name: values for name, values in form.typed.items() if not name.startswith("entries/")}
        again = {
            f"entries/{place}/{name}": [row[name]] for place, row in enumerate([*shown, *spare]) for name in _FIELDS
        }
        typed = {**others, **again}
    scale = found.template.scale
    return render(
        request,
        "joint_rounds/parts/part.html",
        acting=acting,
        found=found,
        own=own,
        rows=[*shown, *spare],
        answers=[{"value": key, "text": scale.label(key)} for key in scale.answers],
        label_of=scale.label,
        kinds=[{"value": each.value, "text": each.label} for each in ChronologyKind],
        colours=PART_COLOURS,
        may_answer=is_allowed(check_can_answer, acting.actor, own.part, own.case, own.round),
        panel_open=may_read_joint_case(acting.session, acting.actor, own.case),
        refusal=problem,
        form=form,
        typed=typed,
    )
