"""Pages for allocating a round's sample: proposed by rule and at random, previewed, then allocated as proposed."""

import uuid
from typing import Annotated, Final

from fastapi import Request
from starlette.responses import Response

from api.allocation.opening import may_open, open_if_asked
from api.allocation.proposals import actions
from api.allocation.proposals.actions import AllocationProposal, AllocationRequest, PreparedAllocation
from api.allocation.proposals.long_work import ConfirmProposal
from api.audits import actions as audits
from api.foundation.http.dependencies import ActorRequest, Computed, Long, Transaction, computing, reading
from api.foundation.http.routing import Router
from api.foundation.pages.choices import choices_of
from api.foundation.pages.forms import PostedForm, TypedForm, key_of
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission
from api.foundation.problems import Conflict, Fault, Problem
from api.jobs.pages import asked as job_asked
from api.people.key_holder.queries import key_holder_of
from api.rounds import actions as rounds
from checklists.plurals import plural
from models import AuditMode, RoundState

router = Router(include_in_schema=False)

# A page with more cases shows no proposal until the person asks for one.
MOST_PROPOSED: Final = 200
SEED_DIGITS: Final = 16
Lead = Annotated[Transaction, reading(Permission.ALLOCATE_AUDITS)]


@router.get("/rounds/{round_id}/proposal")
def ask(request: Request, acting: Lead, round_id: uuid.UUID) -> Response:
    """The usual proposal, where it is quickly made: every auditor, no case read twice. Otherwise the form alone."""
    session, actor = acting.session, acting.actor
    audit_round = rounds.find_round(session, round_id=round_id, by=actor)
    waiting = len(actions.waiting_cases(session, audit_round))
    auditors = audits.active_auditors(session, actor)
    if audit_round.state is RoundState.CLOSED or not auditors or not 0 < waiting <= MOST_PROPOSED:
        return _page(request, acting, round_id)
    usual = TypedForm(
        {
            "auditors": [str(auditor) for auditor in auditors],
            "double_percent": ["0"],
            "mode": [AuditMode.RECORDS_ONLY.value],
            # The same each time, so that loading the page again gives no other proposal.
            "seed": [round_id.hex[-SEED_DIGITS:]],
        }
    )
    proposed = actions.propose_allocation(session, round_id=round_id, asked=_asked_of(usual), by=actor)
    return _page(request, acting, round_id, form=usual, proposed=proposed)


@router.post("/rounds/{round_id}/proposal", response_model=None)
def preview_or_allocate(
    request: Request,
    asking: Annotated[ActorRequest, computing(Permission.ALLOCATE_AUDITS)],  # noqa: ARG001 - declares what it needs
    round_id: uuid.UUID,
    form: PostedForm,
) -> Computed:
    """First shows who would read what; allocates it when it is sent again from the preview, if nothing has changed."""

    def prepare(acting: Transaction) -> Response | PreparedAllocation:
        asked = _asked_of(form)
        if not form.has("mark"):
            proposed = actions.propose_allocation(acting.session, round_id=round_id, asked=asked, by=acting.actor)
            return _page(request, acting, round_id, form=form, proposed=proposed)
        return actions.prepare_confirmation(
            acting.session, round_id=round_id, asked=asked, mark=form.text("mark"), by=acting.actor
        )

    def store(acting: Transaction, prepared: PreparedAllocation) -> Response:
        made = actions.store_confirmation(acting.session, prepared, round_id=round_id, by=acting.actor)
        allocated = f"{plural(len(made), 'audit')} allocated."
        return redirect(f"/rounds/{round_id}", notice=f"{allocated}{open_if_asked(acting, round_id, form)}")

    def refused(acting: Transaction, problem: Problem) -> Response:
        return _page(request, acting, round_id, form=form, problem=problem)

    def shown(*_: object) -> Response:
        return redirect(f"/rounds/{round_id}", notice="Audits allocated.")

    def work(_: Transaction) -> ConfirmProposal:
        return ConfirmProposal(round_id, _asked_of(form), form.text("mark"))

    if not form.has("mark"):
        return Computed(prepare, store, refused=refused)
    return Computed(prepare, store, key=key_of(form), refused=refused, long=Long(work, job_asked, shown))


def _asked_of(form: TypedForm) -> AllocationRequest:
    try:
        auditors = tuple(uuid.UUID(text) for text in form.texts("auditors"))
    except ValueError:
        auditors = ()
    if not auditors:
        form.faults.append(Fault("auditors", "Select at least one auditor"))
    double = form.whole_number("double_percent", "The percentage of cases to read twice", most=100, needed=False)
    mode = form.text("mode")
    if mode not in set(AuditMode):
        form.faults.append(Fault("mode", "Select an audit method"))
    form.check()
    return AllocationRequest(form.text("seed").strip() or actions.new_seed(), auditors, double or 0, AuditMode(mode))


def _page(
    request: Request,
    acting: Transaction,
    round_id: uuid.UUID,
    *,
    form: TypedForm | None = None,
    proposed: AllocationProposal | None = None,
    problem: Problem | None = None,
) -> Response:
    audit_round = rounds.find_round(acting.session, round_id=round_id, by=acting.actor)
    if audit_round.state is RoundState.CLOSED:
        raise Conflict("This round is closed, so no more audits can be allocated.")
    auditors = audits.active_auditors(acting.session, acting.actor)
    return render(
        request,
        "allocation/proposal.html",
        acting=acting,
        key_holder=key_holder_of(acting.session, acting.actor.organisation_id),
        refusal=problem,
        form=form,
        on_field=_on_its_field,
        audit_round=audit_round,
        may_open=proposed is not None
        and may_open(acting.actor, audit_round)
        and not _is_long(acting, audit_round.id, proposed.asked),
        waiting=len(actions.waiting_cases(acting.session, audit_round)),
        auditors=[{"value": str(identifier), "text": name} for identifier, name in auditors.items()],
        modes=choices_of(tuple(AuditMode)),
        proposed=proposed,
        loads=() if proposed is None else _loads(proposed),
        readings=() if proposed is None else _readings(proposed),
        left_over=() if proposed is None else _left_over(proposed),
    )


def _is_long(acting: Transaction, round_id: uuid.UUID, asked: AllocationRequest) -> bool:
    """Whether the allocation is done in the background, so that the round cannot be opened together with it."""
    work = ConfirmProposal(round_id, asked, "")
    return work.is_long(acting.session, acting.actor, work.size(acting.session, acting.actor))


def _on_its_field(fault: Fault) -> Fault:
    parts = [part for part in fault.pointer.split("/") if part]
    return Fault(parts[0] if parts and not parts[0].isdecimal() else "", fault.detail)


def _loads(proposed: AllocationProposal) -> list[tuple[str, str, str]]:
    after = proposed.loads
    return [
        (name, str(proposed.loads_before[person]), str(after[person])) for person, name in proposed.auditors.items()
    ]


def _readings(proposed: AllocationProposal) -> list[tuple[str, str, str, str]]:
    return [
        (
            proposed.references[each.case],
            "First" if each.reading == 1 else "Second",
            proposed.auditors[each.auditor],
            f"Selected from {plural(each.fellows, 'auditor')} allowed by the rules",
        )
        for each in sorted(proposed.allocated, key=lambda each: (proposed.references[each.case], each.reading))
    ]


def _left_over(proposed: AllocationProposal) -> list[tuple[str, str, str]]:
    return [
        (
            proposed.references[each.case],
            "First" if each.reading == 1 else "Second",
            "; ".join(f"{plural(number, 'auditor')}: {rule.words}" for rule, number in each.because.items())
            or "all other auditors are at their limit",
        )
        for each in proposed.left_over
    ]
