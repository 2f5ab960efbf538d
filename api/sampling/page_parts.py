"""The form and the preview of a plan of a sample, for a round and for a joint round."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Final

from fastapi import Request
from starlette.responses import Response

from api.case_files.words import plain_choices
from api.case_lists import actions as case_lists
from api.foundation.http.dependencies import Transaction
from api.foundation.pages.choices import choices_of
from api.foundation.pages.forms import TypedForm
from api.foundation.pages.rendering import in_words, percent, render
from api.foundation.problems import Fault, Problem
from api.people.teams.queries import team_choices
from api.sampling import actions, plan_form
from api.sampling import plans as sample_plans
from api.sampling.drawn_for import DrawnFor
from api.sampling.frames import Feature, FrameRules, SamplePlan
from api.sampling.plans import MOST_MONTHS, MOST_MONTHS_OPEN, PlannedSample
from api.sampling.queries import Strata
from checklists.plurals import plural
from checklists.samples.sample_sizes import expected_interval
from checklists.samples.sampling import SizeRule
from models import Exclusion

SHARES_SHOWN: Final = (Fraction(1, 2), Fraction(3, 4), Fraction(9, 10))
# What a joint audit calls these reasons.
OF_JOINT_AUDITS: Final = {
    Exclusion.IN_THIS_ROUND: "Already in this joint audit",
    Exclusion.AUDITED_LATELY: "Audited recently, or in another joint audit",
}
# The fields of the form, each under the name that a fault of the action points at.
FIELDS: Final = {
    "/size": "size",
    "/share_percent": "share_percent",
    "/strata": "strata",
    "/smallest_stratum": "smallest_stratum",
    "/most_of_a_worker": "most_of_a_worker",
    "/rules": "case_list",
    "/seed": "seed",
}


def plan_of(form: TypedForm) -> SamplePlan:
    """The plan that was typed. Raises Invalid with each fault at its field."""
    case_list = _identifier(form.text("case_list"))
    if case_list is None:
        form.faults.append(Fault("case_list", "Select a case list to draw from."))
    size = form.whole_number("size", "Number of cases", least=1, most=case_lists.MOST_CASES, needed=False)
    share = _percent(form, "share_percent")
    if not form.text("size").strip() and not form.text("share_percent").strip():
        form.faults.append(Fault("size", "Enter the number of cases to draw, or a share of the list."))
    smallest = form.whole_number("smallest_stratum", "Minimum from each group", most=10_000, needed=False)
    most = form.whole_number("most_of_a_worker", "Maximum for each practitioner", least=1, most=10_000, needed=False)
    months = form.whole_number("months_since_audit", "Number of months", most=MOST_MONTHS, needed=False)
    closed_before = form.date("closed_before", "The closing date", needed=False)
    rule = form.text("rule") or SizeRule.PROPORTIONAL
    if rule not in set(SizeRule):
        form.faults.append(Fault("rule", "Select how to divide the sample between groups."))
    strata = [Feature(word) for word in form.texts("strata") if word in set(Feature)]
    statuses = form.texts("only_statuses")
    teams = [team for team in map(_identifier, form.texts("only_teams")) if team is not None]
    bands = form.texts("only_age_bands")
    categories = form.texts("only_categories")
    least = form.whole_number("least_months_open", "Months open", most=MOST_MONTHS_OPEN, needed=False)
    re_referral = {"yes": True, "no": False}.get(form.text("re_referral"))
    longest = form.whole_number("most_months_open", "Months open", most=MOST_MONTHS_OPEN, needed=False)
    named = _named(form)
    return SamplePlan(
        form.given(case_list),
        size,
        share,
        tuple(strata),
        SizeRule(rule),
        smallest or 0,
        most,
        FrameRules(
            form.has("with_closed"),
            closed_before,
            months or 0,
            tuple(statuses),
            tuple(teams),
            named,
            form.keep_names(),
            tuple(bands),
            tuple(categories),
            tuple(form.texts("only_involving")),
            least,
            longest,
            re_referral,
        ),
    )


def _named(form: TypedForm) -> dict[str, str]:
    """The cases that the lead leaves out: a line each, the reference and then the reason."""
    named = {}
    for number, line in enumerate(form.text("named").splitlines(), start=1):
        reference, _, reason = line.strip().partition(" ")
        if reference and not reason.strip():
            form.faults.append(Fault("named", f"Line {number}: enter the reference, a space and the reason."))
        elif reference:
            named[reference.rstrip(",;:").upper()] = reason.strip()
    return named


def _percent(form: TypedForm, name: str) -> float | None:
    typed = form.text(name).strip().removesuffix("%").strip()
    if not typed:
        return None
    whole, _, rest = typed.partition(".")
    if typed.isascii() and whole.isdecimal() and (not rest or rest.isdecimal()) and len(typed) <= 8:
        return float(typed)
    form.faults.append(Fault(name, "Share must be a percentage, such as 5 or 2.5."))
    return None


def _identifier(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _on_its_field(fault: Fault) -> Fault:
    """A fault of the action, at the field of the page that it belongs to."""
    if fault.pointer.startswith("/rules/named"):
        return replace(fault, pointer="named")
    parts = [part for part in fault.pointer.split("/") if not part.isdecimal()]
    return Fault(FIELDS.get(fault.pointer, parts[-1]), fault.detail)


def plan_page(
    request: Request,
    acting: Transaction,
    drawn_for: DrawnFor,
    *,
    form: TypedForm | None = None,
    planned: PlannedSample | None = None,
    problem: Problem | None = None,
    as_before: bool = False,
) -> Response:
    """The form of a plan, and the preview of what it would draw."""
    session, actor = acting.session, acting.actor
    lists = case_lists.list_case_lists(session, by=actor, limit=50)
    words = sample_plans.words_of(drawn_for)
    return render(
        request,
        "sampling/plan.html",
        acting=acting,
        refusal=problem,
        form=form,
        on_field=_on_its_field,
        drawn_for=drawn_for,
        lists=[
            {"value": str(each.id), "text": f"{in_words(each.listed_on)}, {plural(each.cases, 'case')}"}
            for each in lists
        ],
        planned=planned,
        as_before=as_before,
        strata_rows=() if planned is None else rows_of(actions.strata_of_plan(session, planned)),
        log_rows=() if planned is None else log_rows_of(planned.frame.log, drawn_for),
        helped=() if planned is None else _helped(planned.size, len(planned.frame.cases)),
        usual_months=plan_form.USUAL_MONTHS,
        features=choices_of(tuple(Feature)),
        statuses=plain_choices(words.statuses),
        age_bands=plain_choices(words.age_bands),
        categories=plain_choices(words.categories),
        tags=[{"value": tag.key, "text": tag.label} for tag in sample_plans.tags_of(drawn_for)],
        teams=team_choices(session, actor, retired=True),
    )


def rows_of(strata: Strata) -> list[tuple[str, str, str]]:
    """A row for each stratum."""
    return [(each.label, f"{each.frame:,}", f"{each.size:,}") for each in strata]


def log_rows_of(log: Mapping[Exclusion, int], drawn_for: DrawnFor) -> list[tuple[str, str]]:
    """A row for each reason of the elimination log."""
    labels = OF_JOINT_AUDITS if drawn_for.is_joint else {}
    return [(labels.get(reason, reason.label), f"{number:,}") for reason, number in log.items()]


def _helped(size: int, frame: int) -> list[tuple[str, str]]:
    """For a few true shares, the range in which samples of this size would show them."""
    rows = []
    for share in SHARES_SHOWN:
        shown = expected_interval(size, frame, share)
        rows.append((percent(share), f"{percent(shown.low)} to {percent(shown.high)}"))
    return rows
