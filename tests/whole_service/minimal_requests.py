"""For every route that writes, the least that it takes: what a person of this council would send it."""

import base64
import json
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from itertools import count
from typing import Any

from api.allocation.proposals import actions as proposals
from api.allocation.proposals.actions import AllocationRequest
from api.audit_templates.editor.parts import Details, Domain, ThemePart
from api.audit_templates.editor.rows import FormsOfHarm, Scale
from api.audit_templates.editor.whole import WordsPart
from api.audit_templates.workbooks.writing import write_template_workbook
from api.audits.complete.routes import CompleteAuditIn
from api.audits.scoring import forms as score_forms
from api.audits.scoring.judgement import OwnJudgement
from api.audits.submission import pages as submitting
from api.fhir.names import OF_AUDIT, canonical_of
from api.fhir.writing import resource_of
from checklists.templates.template import Template as TemplateContent
from checklists.templates.template_file import check_template
from models import ActionCause, AuditMode, EvidenceKind, now
from tests.cast import PASSWORD
from tests.desk import THEMES
from tests.factories import an_actor
from tests.fhir.sending import sent_response
from tests.whole_service.council import (
    PROGRAMME_FROM,
    PROGRAMME_SECOND,
    PROGRAMME_TO,
    RECOVERY_CODE,
    Council,
    Thing,
    a_case_list,
    plan_of,
    texts_of_scores,
)
from tests.whole_service.joint_stage import joint_plan

Json = Callable[[Council, Thing], Any]
Form = Callable[[Council, Thing], Mapping[str, Any]]
_keys = count(1)


# The key of a part of a template, by the step of the address before it.
_PARTS = {"domains": "the-child", "questions": "seen-alone", "facts": "in-school"}


def path_of(route: str, council: Council, thing: Thing) -> str:
    """The address of a thing under a route such as `GET /api/v1/rounds/{round_id}`."""
    path = route.partition(" ")[2]
    found = (part for step, part in _PARTS.items() if f"/{step}/{{key}}" in path)
    kind = "themes" if path.endswith("/applies-when") else "csv"
    address = {
        "key": council.key(next(found, "voice")),
        "slug": "audits" if path.startswith("/rest/") else "stale",
        "page": "help",
        "number": "0",
        "move": "finish",
        "kind": kind,
        "part": "words",
        "theme": council.key("voice"),
        "table": "Answers",
        "rest": "$count",
        **thing.address,
    }
    return re.sub(r"{(\w+)}", lambda name: address[name[1]], path)


def query_of(route: str, council: Council) -> dict[str, str]:
    """What a route asks for in its query."""
    if "/reports/gaps" in route or "/reports/questions" in route:
        # Split, because the page of one whole round is its report.
        return {"round": str(council.rounds["open"]), "by": "team"}
    if route.endswith("/answers"):
        return {"theme": council.key("voice")}
    return {}


def request_of(route: str, council: Council, thing: Thing) -> dict[str, Any]:
    """The body and headers of the smallest request that does what the route is for.

    Raises KeyError for a route that takes a body and is not in the lists below.
    """
    method, _, path = route.partition(" ")
    asked: dict[str, Any] = {"params": query_of(route, council)}
    if method in {"GET", "HEAD"}:
        return asked
    if not path.startswith("/api/"):
        version = version_of_rule(thing) if path.endswith("/moderation-rule") else thing.version
        version = 1 if path == "/calibration/{exercise_id}/answers" else version
        version = 0 if path in {"/information-pages/{page}", "/rounds/{round_id}/follow-up-rule"} else version
        files = {"files": FILES[route](council)} if route in FILES else {}
        return (
            asked | {"data": {"version": version, "key": f"key-{next(_keys)}", **_form(route, council, thing)}} | files
        )
    asked["headers"] = {"Idempotency-Key": f"key-{next(_keys)}"}
    asked["headers"]["If-Match"] = f'"{_version_of(route, path, thing)}"'
    if route in JSON:
        asked["json"] = JSON[route](council, thing)
    elif route not in WITHOUT_BODY:
        raise KeyError(f"Say in minimal_requests.py what {route} is sent.")
    return asked


def _version_of(route: str, path: str, thing: Thing) -> int:
    """The version of what the route changes: of the thing itself, or of a part of it."""
    if "calibration-exercises" in path and path.endswith(("/answers", "/hand-in")):
        return 1  # of one's own answers: nobody who asks has given any
    versions: dict[str, Callable[[], int]] = {
        "/moderation-rule": lambda: version_of_rule(thing),
        "/follow-up-rule": lambda: 0,  # nobody has set any
        "/second-factor-rule": lambda: 1,  # the council decided
        "/single-sign-on": lambda: 1,  # so it did here
        "/key-holder": lambda: 1,  # the council named one
        "/action-defaults": lambda: 0,  # nobody has chosen any
        "/where-to-look/{theme}": lambda: 0,  # nobody has written any
        "/information-pages/{page}": lambda: 0,
        "/scores/{theme}": lambda: version_of_score(thing),
        "/drafts/{theme}": lambda: version_of_score(thing),
        "/conclusion": lambda: version_of_conclusion(thing),
        **dict.fromkeys(
            ("/case", "/conversation", "/family-views", "/theme-notes"), lambda: version_beside(route, thing)
        ),
    }
    return next((version() for end, version in versions.items() if path.endswith(end)), thing.version)


def version_of_rule(thing: Thing) -> int:
    """The version of what a round moderates: the council set it for the open one."""
    return 1 if "open" in thing.state else 0


def version_of_score(thing: Thing) -> int:
    """The version of the scores that the council gave: all were given in one go, first of all."""
    return 2 if thing.state[-1] != "planned" else 0


def version_of_conclusion(thing: Thing) -> int:
    """The version of the conclusion: the council wrote it right after the scores."""
    return 3 if thing.state[-1] != "planned" else 0


def version_beside(route: str, thing: Thing) -> int:
    """The version of what stands beside the themes: the council wrote one after the other, after the conclusion."""
    place = ("case", "conversation", "family-views", "theme-notes").index(route.rpartition("/")[2])
    return 4 + place if thing.state[-1] != "planned" else 0


def _template_workbook(council: Council) -> bytes:
    return write_template_workbook(check_template(_new_template(council)))


def a_questionnaire(template: dict[str, Any]) -> dict[str, Any]:
    """A template as another system sends it: without what an audit says beside it."""
    said = resource_of(check_template(template), {"status": "draft"})
    return {**said, "item": _of_the_template(said["item"])}


def _of_the_template(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = [item for item in items if {"url": OF_AUDIT, "valueBoolean": True} not in item.get("extension", ())]
    return [{**item, "item": _of_the_template(item["item"])} if "item" in item else item for item in kept]


def a_response(council: Council) -> dict[str, Any]:
    """A complete audit as another system sends it, by the template of the open round."""
    of = f"{canonical_of(council.template_id)}|1"
    audit = CompleteAuditIn.model_validate(_complete(council))
    return sent_response(audit, check_template({**council.content, "key": council.key("any")}), of=of)


# What is uploaded with a form.
FILES: dict[str, Callable[[Council], dict[str, Any]]] = {
    "POST /audits/workbook": lambda council: {"file": ("a.xlsx", _template_workbook(council))},
    "POST /templates/from-workbook": lambda council: {"file": ("t.xlsx", _template_workbook(council))},
}
WITHOUT_BODY = {
    "POST /api/v1/joint-rounds/{joint_round_id}/open",
    "POST /api/v1/joint-parts/{part_id}/submit",
    "POST /api/v1/joint-parts/{part_id}/give-back",
    "POST /api/v1/joint-cases/{joint_case_id}/finish",
    "POST /api/v1/rounds/{round_id}/passages/{theme}/finished",
    "DELETE /api/v1/rounds/{round_id}/codes/{code_id}",
    "DELETE /api/v1/rounds/{round_id}/findings/{finding_id}",
    "POST /api/v1/audits/{audit_id}/feedback/sharing",
    "POST /api/v1/audits/{audit_id}/feedback/links",
    "POST /api/v1/calibration-exercises/{exercise_id}/hand-in",
    "POST /api/v1/calibration-exercises/{exercise_id}/close",
    "POST /api/v1/calibration-exercises/{exercise_id}/exemplars",
    "POST /api/v1/audits/{audit_id}/moderation",
    "POST /api/v1/audits/{audit_id}/moderation/agree",
    "POST /api/v1/audits/{audit_id}/moderation/accept",
    "POST /api/v1/audits/{audit_id}/comments/{thread_id}/resolve",
    "POST /api/v1/notices/read-all",
    "POST /api/v1/case-list-keys",
    "POST /api/v1/notices/{notice_id}/read",
    "POST /api/v1/risky-terms/{term_id}/remove",
    "POST /api/v1/outbox/{message_id}/try-again",
    "POST /api/v1/jobs/{job_id}/cancel",
    "POST /api/v1/exports/{export_id}/cancel",
    "POST /api/v1/outbox/{message_id}/give-up",
    "POST /api/v1/verifications",
    "DELETE /api/v1/audits/{audit_id}/scores/{theme}",
    "DELETE /api/v1/audits/{audit_id}/drafts/{theme}",
    "POST /api/v1/audits/{audit_id}/submit",
    "POST /api/v1/audits/{audit_id}/pair",
    "POST /api/v1/audits/{audit_id}/pair/{theme}/confirm",
    "POST /api/v1/people/{person_id}/link",
    "POST /api/v1/people/{person_id}/end-sessions",
    "POST /api/v1/rounds/{round_id}/exemptions/{person_id}/end",
    "POST /api/v1/rounds/{round_id}/open",
    "POST /api/v1/snapshots/{snapshot_id}/publish",
    "POST /api/v1/teams/{team_id}/retire",
    "POST /api/v1/teams/{team_id}/restore",
    "DELETE /api/v1/templates/{template_id}/versions/{number}",
    "POST /api/v1/templates/{template_id}/versions/{number}/publish",
    "POST /api/v1/templates/{template_id}/versions/{number}/retire",
    "POST /api/v1/templates/{template_id}/versions/{number}/use-format-2",
    "POST /api/v1/case-records/{case_file_id}/lift",
    "POST /api/v1/me/tokens/{token_id}/revoke",
    "POST /api/v1/me/sessions/end-others",
    "POST /api/v1/me/sessions/{session_id}/end",
    "POST /api/v1/me/second-factor/codes",
    "POST /api/v1/me/second-factor/codes/remove",
    "POST /api/v1/me/second-factor/recovery-codes",
    "POST /api/v1/me/second-factor/passkeys/{passkey_id}/remove",
    "POST /api/v1/people/{person_id}/second-factor/remove",
    "POST /api/v1/people/{person_id}/single-sign-on/remove",
    "POST /api/v1/single-sign-on/test",
    "POST /api/v1/tokens/{token_id}/revoke",
    "DELETE /api/v1/webhooks/{webhook_id}",
    "POST /api/v1/webhooks/{webhook_id}/switch-on",
    "POST /api/v1/webhooks/{webhook_id}/switch-off",
    "POST /api/v1/webhooks/{webhook_id}/test",
    "POST /api/v1/webhooks/{webhook_id}/send-parked-again",
    "POST /api/v1/webhooks/{webhook_id}/messages/{message_id}/send-again",
}


def _draft_of_colleague(council: Council, audit_round: Thing) -> str:
    """An audit of a round that a colleague has to finish; any text for a round of another organisation."""
    found = (
        thing.address["audit_id"]
        for thing in council.things["audit"]
        if thing.owner == "colleague" and thing.state == ("draft", audit_round.state[0])
    )
    return next(found, str(council.rounds["open"]))


def _answers(council: Council) -> list[dict[str, str]]:
    return [{"theme": council.key(theme), "answer": council.key("outstanding")} for theme in THEMES]


def _consensus(council: Council, _: Thing) -> dict[str, str]:
    return {"answer": council.key("good"), "reason": council.words("The plan says so.")}


def _case_file(council: Council) -> dict[str, Any]:
    return {"team_id": str(council.teams["in-use"]), "status": "child-in-need", "age_band": "5-to-9"}


def _complete(council: Council) -> dict[str, Any]:
    return {
        "round_id": str(council.rounds["open"]),
        "auditor_id": str(council.people["colleague"].id),
        "case_file": _case_file(council),
        "scores": _answers(council),
    }


def _allocation(council: Council) -> dict[str, str]:
    return {
        "case_file_id": str(council.unread_case_file),
        "auditor_id": str(council.people["colleague"].id),
    }


def _plan(council: Council, title: str) -> dict[str, Any]:
    plan = plan_of(council, title)
    return {
        "title": plan.title,
        "template_id": str(plan.template_id),
        "template_version": plan.template_version,
        "period_from": str(plan.period_from),
        "period_to": str(plan.period_to),
        "due_on": str(plan.due_on),
    }


def _new_template(council: Council) -> dict[str, Any]:
    return {**council.content, "key": council.key("brand-new")}


def _same_template(council: Council, thing: Thing) -> dict[str, Any]:
    asked = council.draft_content if thing.state[0] == "draft" else council.content
    return {**asked, "key": council.key(f"{thing.state[0]}-template"), "summary": council.words("Changed.")}


def _case_list_id(council: Council) -> str:
    return council.things["case-list"][0].address["case_list_id"]


def _case_list(council: Council) -> dict[str, Any]:
    return {
        "listed_on": str(now().date()),
        "teams": {council.words("North team"): str(council.teams["in-use"])},
        "cases": [
            {
                "reference": case.reference,
                "team": case.team,
                "status": case.status,
                "age_band": case.age_band,
            }
            for case in a_case_list(council, 2).cases
        ],
    }


def _sample(council: Council) -> dict[str, Any]:
    return {"case_list_id": _case_list_id(council), "size": 1}


def _sample_form(council: Council) -> dict[str, str]:
    return {"case_list": _case_list_id(council), "size": "1", "seed": "one", "draw": "yes"}


def _mark(council: Council, *auditors: uuid.UUID) -> str:
    """The mark of what would be proposed for the open round."""
    lead = council.people["quality-lead"]
    asked = AllocationRequest("one", auditors)
    with council.database.reading() as session:
        return proposals.propose_allocation(
            session, round_id=council.rounds["open"], asked=asked, by=an_actor(lead)
        ).mark


_ANSWER = "outstanding"


def in_a_month() -> date:
    """A due date."""
    return now().date() + timedelta(days=30)


def plan_in(council: Council) -> dict[str, Any]:
    """What a practice action says."""
    return {
        "words": council.words("Every plan names who does what."),
        "owner_post": council.words("Head of Service"),
        "measure": council.words("Eight of ten plans have names."),
        "measure_from": EvidenceKind.DIP_SAMPLE.value,
        "measure_by": in_a_month().isoformat(),
    }


def feedback_in(council: Council) -> dict[str, Any]:
    """What feedback says, by whoever gives it."""
    return {
        "works_well": council.words("Seen weekly."),
        "think_about": council.words("Name who does what."),
        "given_on": now().date().isoformat(),
    }


def child_action(council: Council) -> dict[str, Any]:
    """What a child-level action says, by whoever adds it."""
    return {
        "words": council.words("See the child alone."),
        "owner_post": council.words("Team manager"),
        "reason": council.words("Nobody saw the child."),
    }


def finding_in(council: Council) -> dict[str, Any]:
    """What a finding says."""
    return {
        "words": council.words("Plans do not name who does what."),
        "example": council.words("A plan without names."),
    }


def used_code(council: Council) -> str:
    """The code of the open round that a finding has."""
    return council.the("written-finding").address["code_id"]


def programme_in(council: Council) -> dict[str, Any]:
    """What an audit programme says."""
    return {
        "title": council.words("Audits of the year"),
        "first_day": PROGRAMME_FROM.isoformat(),
        "last_day": PROGRAMME_TO.isoformat(),
        "lead_id": str(council.people["quality-lead"].id),
    }


def programme_form(council: Council) -> dict[str, Any]:
    """The same as a form."""
    days = {**date_form("first_day", PROGRAMME_FROM), **date_form("last_day", PROGRAMME_TO)}
    return {**{key: value for key, value in programme_in(council).items() if not key.endswith("_day")}, **days}


def line_in(council: Council) -> dict[str, Any]:
    """What a line of a programme says: as the council has it, where rounds of it were decided on."""
    return {
        "title": council.words("Monthly audits"),
        "kind": "monthly",
        "template_id": str(council.template_id),
        "template_version": 1,
        "cadence": "monthly",
        "first_on": PROGRAMME_FROM.isoformat(),
        "size": 6,
    }


def line_form(council: Council) -> dict[str, Any]:
    """The same as a form."""
    line = line_in(council)
    del line["first_on"], line["template_id"]
    numbers = {"days_to_finish": "28", "months_judged": "6", "template_version": f"{council.template_id}/1"}
    return {**line, **numbers, **date_form("first_on", PROGRAMME_FROM)}


def recommendation_in(council: Council) -> dict[str, Any]:
    """What a recommendation says."""
    return {
        "source_kind": "own",
        "source": council.words("Learning of the year"),
        "source_on": "2026-01-31",
        "words": council.words("Every plan names who does what."),
        "owner_post": council.words("Head of Service"),
        "due_on": in_a_month().isoformat(),
    }


def recommendation_form(council: Council) -> dict[str, Any]:
    """The same as a form."""
    plan = recommendation_in(council)
    del plan["source_on"], plan["due_on"]
    return {**plan, **date_form("source_on", date(2026, 1, 31)), **date_form("due_on", in_a_month())}


def plan_form(council: Council) -> dict[str, Any]:
    """The same as a form."""
    plan = plan_in(council)
    del plan["measure_by"]
    return {**plan, **date_form("measure_by", in_a_month())}


def date_form(name: str, day: date) -> dict[str, str]:
    """The three fields of a date."""
    return {f"{name}-day": str(day.day), f"{name}-month": str(day.month), f"{name}-year": str(day.year)}


def joint_round_in(council: Council) -> dict[str, Any]:
    """The plan of a joint round."""
    plan = joint_plan(council)
    days = {name: getattr(plan, name).isoformat() for name in ("period_from", "period_to", "due_on")}
    agencies = [str(each) for each in plan.agencies]
    return {
        "title": plan.title,
        "template_id": str(plan.template_id),
        "template_version": 1,
        "agencies": agencies,
        **days,
    }


def joint_round_form(council: Council) -> dict[str, Any]:
    """The same as a form."""
    plan = joint_plan(council)
    return {
        "title": plan.title,
        "template_version": f"{plan.template_id}/1",
        "agencies": [str(each) for each in plan.agencies],
        **date_form("period_from", plan.period_from),
        **date_form("period_to", plan.period_to),
        **date_form("due_on", plan.due_on),
    }


def characteristic_in(council: Council) -> dict[str, Any]:
    """What a characteristic of cases says."""
    groups = [{"label": council.words("Home")}, {"label": council.words("Foster care")}]
    return {"title": council.words("Placement"), "groups": groups}


def characteristic_form(council: Council) -> dict[str, str]:
    """The same as a form."""
    return {"title": council.words("Placement"), "groups": f"{council.words('Home')}\n{council.words('Foster care')}"}


JSON: Mapping[str, Json] = {
    "POST /api/v1/characteristics": lambda council, _: characteristic_in(council),
    "PUT /api/v1/characteristics/{key}": lambda council, _: characteristic_in(council),
    "PUT /api/v1/case-files/{case_file_id}/characteristics": lambda *_: {"characteristics": {}},
    "POST /api/v1/audits": lambda council, _: {"round_id": str(council.rounds["open"]), **_allocation(council)},
    "POST /api/v1/audits/batch": lambda council, _: {
        "round_id": str(council.rounds["open"]),
        "allocations": [_allocation(council)],
    },
    "PATCH /api/v1/audits/{audit_id}": lambda *_: {"mode": "observation"},
    "PUT /api/v1/audits/{audit_id}/scores": lambda council, _: {council.key("voice"): {"answer": council.key(_ANSWER)}},
    "PUT /api/v1/audits/{audit_id}/scores/{theme}": lambda council, _: {"answer": council.key(_ANSWER)},
    "PUT /api/v1/audits/{audit_id}/drafts/{theme}": lambda council, _: {"answer": council.key(_ANSWER)},
    # Of a template without questions no more can be sent.
    "PUT /api/v1/audits/{audit_id}/questions": lambda *_: {},
    "PUT /api/v1/audits/{audit_id}/conclusion": lambda council, _: {"worries": council.words("Not seen alone.")},
    "PUT /api/v1/audits/{audit_id}/case": lambda council, _: {"synopsis": council.words("A boy of six.")},
    "PUT /api/v1/audits/{audit_id}/conversation": lambda council, _: {"obstacle_words": council.words("Caseload.")},
    "PUT /api/v1/audits/{audit_id}/family-views": lambda council, _: {
        "carer": {"how": "phone", "words": council.words("Tired.")}
    },
    "PUT /api/v1/audits/{audit_id}/theme-notes": lambda council, _: {
        "themes": {council.key(THEMES[0]): {"development": council.words("Ask sooner.")}}
    },
    "POST /api/v1/audits/{audit_id}/redactions": lambda council, _: {
        "field": "rationale",
        "theme": council.key(THEMES[0]),
        "places": [{"start": 0, "end": 1}],
        "reason": "other-person",
    },
    "PUT /api/v1/audits/{audit_id}/moderation/scores": lambda council, _: {
        council.key("voice"): {"answer": council.key("good")}
    },
    "PUT /api/v1/audits/{audit_id}/moderation/overall": lambda council, _: {
        "overall": council.key("good"),
        "overall_reason": council.words("The file shows good work."),
    },
    "POST /api/v1/audits/{audit_id}/sign-off": lambda council, _: {"overall": council.key("good")},
    "PUT /api/v1/audits/{audit_id}/moderation/chosen": lambda *_: {"chosen": True},
    "POST /api/v1/audits/{audit_id}/comments": lambda council, _: {"words": council.words("Look again.")},
    "POST /api/v1/audits/{audit_id}/reopenings": lambda council, _: {"reason": council.words("A page was missing.")},
    "POST /api/v1/audits/{audit_id}/reopenings/{reopening_id}/decide": lambda *_: {"confirmed": True},
    "PUT /api/v1/rounds/{round_id}/moderation-rule": lambda *_: {
        "share_percent": 20,
        "lowest": True,
        "first_audits": 3,
    },
    "POST /api/v1/agencies": lambda council, _: {"name": council.words("Housing")},
    "PUT /api/v1/agencies/{agency_id}": lambda council, _: {
        "name": council.words("Health trust"),
        "active": True,
        "members": [str(council.people["every-role"].id)],
    },
    "PUT /api/v1/templates/{template_id}/agencies/{agency_id}": lambda council, _: {
        "themes": [{"theme": council.key("voice"), "asked": True, "words": council.words("Was the child heard?")}]
    },
    "POST /api/v1/joint-rounds": lambda council, _: joint_round_in(council),
    "PUT /api/v1/joint-rounds/{joint_round_id}": lambda council, _: joint_round_in(council),
    "PUT /api/v1/joint-rounds/{joint_round_id}/cases": lambda *_: {"references": []},
    "POST /api/v1/joint-rounds/{joint_round_id}/auditors": lambda council, _: {
        "agency_id": str(council.agencies["Police"]),
        "auditor_id": str(council.people["agency-auditor"].id),
    },
    "POST /api/v1/joint-rounds/{joint_round_id}/close": lambda council, _: {"reason": council.words("No more time.")},
    "PUT /api/v1/joint-parts/{part_id}": lambda *_: {"known": False},
    "POST /api/v1/joint-cases/{joint_case_id}/open-panel": lambda *_: {"without_missing": True},
    "PUT /api/v1/joint-cases/{joint_case_id}/panel": lambda council, _: {
        "panel_on": now().date().isoformat(),
        "grade": council.key("good"),
        "words": council.words("Agencies agreed."),
    },
    "POST /api/v1/joint-cases/{joint_case_id}/redactions": lambda *_: {
        "places": ["words"],
        "reason": "child-or-family",
    },
    "PUT /api/v1/joint-cases/{joint_case_id}/themes/{theme}": lambda council, _: {
        "strengths": council.words("Seen alone.")
    },
    "PUT /api/v1/rounds/{round_id}/follow-up-rule": lambda council, _: {
        "overall": True,
        "contact_post": council.words("Head of Service"),
    },
    "PUT /api/v1/audits/{audit_id}/follow-up/notified": lambda *_: {"notified_on": now().date().isoformat()},
    "PUT /api/v1/audits/{audit_id}/follow-up/reader": lambda council, _: {
        "reader_id": str(council.people["auditor"].id)
    },
    "PUT /api/v1/audits/{audit_id}/follow-up/outcomes": lambda council, _: {
        "themes": [
            {"theme": council.key("voice"), "outcome": "partly", "words": council.words("Seen alone once more.")}
        ]
    },
    "PUT /api/v1/audits/{audit_id}/pair/{theme}": _consensus,
    "POST /api/v1/audits/{audit_id}/concerns": lambda council, _: {
        "person_id": str(council.people["on-duty"].id),
        "words": council.words("Seen alone and afraid today."),
    },
    "PUT /api/v1/audits/{audit_id}/feedback": lambda council, _: feedback_in(council),
    "POST /api/v1/reflections": lambda council, _: {
        "code": council.code,
        "words": council.words("I will ask who does what."),
    },
    "POST /api/v1/team-feedback/{sheet_id}/representations": lambda council, _: {
        "theme": council.key("planning"),
        "words": council.words("The plan is on the page before."),
    },
    "POST /api/v1/audits/{audit_id}/representations/{theme}/decision": lambda council, _: {
        "upheld": False,
        "words": council.words("The page does not show it."),
    },
    "PUT /api/v1/action-defaults": lambda *_: {"child_days": 5},
    "POST /api/v1/actions/{action_id}/redactions": lambda *_: {"field": "words", "reason": "other-person"},
    "POST /api/v1/actions": lambda council, _: {
        **plan_in(council),
        "cause": ActionCause.OTHER.value,
        "why": council.words("Plans lack names."),
        "due_on": in_a_month().isoformat(),
    },
    "POST /api/v1/audits/{audit_id}/actions": lambda council, _: child_action(council),
    "PUT /api/v1/child-actions/{action_id}": lambda council, _: child_action(council),
    "POST /api/v1/rounds/{round_id}/codes": lambda council, _: {"name": council.reference()},
    "POST /api/v1/rounds/{round_id}/codes/carried-over": lambda council, _: {
        "from_round": council.the("round", "closed").address["round_id"]
    },
    "PUT /api/v1/rounds/{round_id}/codes/{code_id}": lambda council, _: {"name": council.reference()},
    "POST /api/v1/rounds/{round_id}/codes/{code_id}/merge": lambda council, _: {"into": used_code(council)},
    "POST /api/v1/rounds/{round_id}/passages/{theme}/codes": lambda *_: {"passages": []},
    "POST /api/v1/rounds/{round_id}/findings": lambda council, _: {"theme": "whole-audit", **finding_in(council)},
    "PUT /api/v1/rounds/{round_id}/findings/{finding_id}": lambda council, _: finding_in(council),
    "POST /api/v1/auditor-register": lambda council, _: {
        "person_id": str(council.people["auditor"].id),
        "trained_on": "2026-01-31",
    },
    "POST /api/v1/programmes": lambda council, _: programme_in(council),
    "PUT /api/v1/programmes/{programme_id}": lambda council, _: programme_in(council),
    "POST /api/v1/programmes/{programme_id}/lines": lambda council, _: line_in(council),
    "PUT /api/v1/programme-lines/{line_id}": lambda council, _: line_in(council),
    "POST /api/v1/programme-lines/{line_id}/move": lambda *_: {"move": "pause"},
    "POST /api/v1/programme-lines/{line_id}/exemptions": lambda council, _: {
        "starts_on": PROGRAMME_SECOND.isoformat(),
        "reason": council.words("An inspection is expected."),
    },
    "POST /api/v1/programme-lines/{line_id}/exemptions/decision": lambda *_: {
        "starts_on": PROGRAMME_FROM.isoformat(),
        "approved": True,
    },
    "POST /api/v1/recommendations": lambda council, _: recommendation_in(council),
    "PUT /api/v1/recommendations/{recommendation_id}": lambda council, _: recommendation_in(council),
    "POST /api/v1/recommendations/{recommendation_id}/answer": lambda council, _: {
        "answer": council.words("Nine of ten plans have names.")
    },
    "PUT /api/v1/actions/{action_id}": lambda council, _: plan_in(council),
    "POST /api/v1/actions/{action_id}/moves": lambda council, _: {
        "move": "finish",
        "words": council.words("The guide was written."),
    },
    "POST /api/v1/actions/{action_id}/due-date": lambda council, _: {
        "due_on": (in_a_month() + timedelta(days=7)).isoformat(),
        "reason": council.words("The trainer was ill."),
    },
    "POST /api/v1/actions/{action_id}/notes": lambda council, _: {"words": council.words("Half of it is done.")},
    "POST /api/v1/concerns/{concern_id}/acknowledge": lambda council, _: {"words": council.words("On it.")},
    "POST /api/v1/concerns/{concern_id}/close": lambda council, _: {
        "outcome": "referred",
        "done": council.words("The duty team went out."),
    },
    "POST /api/v1/concerns/{concern_id}/reassign": lambda council, _: {
        "person_id": str(council.people["on-duty"].id),
    },
    "POST /api/v1/calibration-exercises": lambda council, _: {
        "title": council.words("The Ash siblings"),
        "template_id": str(council.template_id),
        "template_version": 1,
        "practice_case": council.words("A made-up case."),
        "due_on": "2031-01-31",
    },
    "PUT /api/v1/calibration-exercises/{exercise_id}/answers": lambda council, _: {
        council.key("voice"): {"answer": council.key("good")}
    },
    "PUT /api/v1/calibration-exercises/{exercise_id}/agreed": lambda council, _: {
        council.key("voice"): {"answer": council.key("good"), "words": council.words("Seen alone.")}
    },
    "POST /api/v1/audits/{audit_id}/return": lambda council, _: {"reason": council.words("Look again.")},
    "POST /api/v1/audits/{audit_id}/withdraw": lambda council, _: {"reason": council.words("Not ours.")},
    "POST /api/v1/case-files": lambda council, _: _case_file(council),
    "POST /api/v1/case-files/batch": lambda council, _: [_case_file(council)],
    "PUT /api/v1/case-files/{case_file_id}": lambda council, _: {**_case_file(council), "age_band": "unborn"},
    "POST /api/v1/case-lists": lambda council, _: _case_list(council),
    "POST /api/v1/case-lists/preview": lambda council, _: {
        name: said for name, said in _case_list(council).items() if name != "teams"
    },
    "POST /api/v1/rounds/{round_id}/samples/plan": lambda council, _: _sample(council),
    "POST /api/v1/rounds/{round_id}/samples": lambda council, _: _sample(council),
    "POST /api/v1/joint-rounds/{joint_round_id}/samples/plan": lambda council, _: _sample(council),
    "POST /api/v1/joint-rounds/{joint_round_id}/samples": lambda council, _: _sample(council),
    "POST /api/v1/samples/{sample_id}/replace": lambda council, thing: {
        "case_file_id": thing.address["case_file_id"],
        "reason": council.words("Moved away."),
    },
    "POST /api/v1/rounds/{round_id}/proposal": lambda *_: {},
    "POST /api/v1/rounds/{round_id}/proposal/confirm": lambda council, _: {"seed": "one", "mark": _mark(council)},
    "PUT /api/v1/people/{person_id}/duties": lambda council, _: {"teams": [str(council.teams["in-use"])]},
    "POST /api/v1/rounds/{round_id}/exemptions": lambda council, _: {
        "person_id": str(council.people["colleague"].id),
        "reason": council.words("Away."),
    },
    "POST /api/v1/rounds/{round_id}/close": lambda council, _: {"reason": council.words("The figures are needed.")},
    "POST /api/v1/rounds/{round_id}/reallocate": lambda council, _: {
        "auditor_id": str(council.people["colleague"].id),
        "reason": council.words("They have left."),
    },
    "POST /api/v1/complete-audits": lambda council, _: _complete(council),
    "POST /api/v1/complete-audits/batch": lambda council, _: [_complete(council)],
    "POST /api/v1/people": lambda council, _: {
        "name": council.words("Nell"),
        "email": f"{council.key('nell')}@example.org",
        "roles": ["auditor"],
    },
    "POST /api/v1/people/batch": lambda council, _: {
        "people": [
            {"name": council.words("Nell"), "email": f"{council.key('nell')}@example.org", "roles": ["auditor"]}
        ],
    },
    "PUT /api/v1/information-pages/{page}": lambda council, _: {"text": council.words("Ask Sam.")},
    "PUT /api/v1/people/{person_id}": lambda council, thing: {
        "name": council.words("New name"),
        "roles": roles_kept(council, thing),
        "active": True,
    },
    "POST /api/v1/template-outlines": lambda *_: {"text": "1. The child\n- Voice: was the child heard"},
    "POST /api/v1/audit-workbooks": lambda council, _: {"file": base64.b64encode(_template_workbook(council)).decode()},
    "POST /api/v1/audits/{audit_id}/sheet": lambda *_: {
        "sheet": {"name": "1", "token": "unsigned", "cells": {}, "rows": {}}
    },
    "POST /api/v1/template-workbooks": lambda council, _: {
        "file": base64.b64encode(_template_workbook(council)).decode()
    },
    "POST /api/v1/fhir/Questionnaire": lambda council, _: a_questionnaire(_new_template(council)),
    "POST /api/v1/fhir/QuestionnaireResponse": lambda council, _: a_response(council),
    "POST /api/v1/rounds": lambda council, _: _plan(council, "A new round"),
    "PUT /api/v1/rounds/{round_id}": lambda council, _: _plan(council, "Another title"),
    "POST /api/v1/rounds/{round_id}/re-audit": lambda council, _: _re_audit(council),
    "POST /api/v1/exports": lambda council, _: {"round_id": str(council.rounds["open"])},
    "POST /api/v1/snapshots": lambda council, _: {
        "round_id": str(council.rounds["open"]),
        "title": council.words("For the board"),
        "smallest": 50,
    },
    "POST /api/v1/briefings": lambda council, _: {
        "snapshot_id": council.things["snapshot"][0].address["snapshot_id"],
        "title": council.words("What we learned"),
    },
    "PUT /api/v1/briefings/{briefing_id}": lambda council, _: {
        "title": council.words("What we learned"),
        "words": {"background": council.words("We looked again.")},
    },
    "PUT /api/v1/second-factor-rule": lambda *_: {"roles": ["administrator"]},
    "PUT /api/v1/single-sign-on": lambda council, _: {
        "allowed": True,
        "passwords": True,
        "keepers": [],
        "groups": [{"group": council.words("Auditors"), "roles": ["auditor"]}],
    },
    "POST /api/v1/me/second-factor/codes/confirm": lambda *_: {"code": "123456"},
    "PUT /api/v1/key-holder": lambda *_: {"post": "Performance team", "contact": "01632 960001"},
    "POST /api/v1/risky-terms": lambda council, _: {"terms": ["Okafor"], "label": council.words("list of May")},
    "POST /api/v1/teams": lambda council, _: {"name": council.words("East team")},
    "PUT /api/v1/teams/{team_id}": lambda council, _: {"name": council.words("West team")},
    "POST /api/v1/templates": lambda council, _: _new_template(council),
    "POST /api/v1/templates/import": lambda council, _: _new_template(council),
    "POST /api/v1/templates/from-library": lambda *_: {"key": "scr-themes"},
    "POST /api/v1/templates/{template_id}/copy": lambda council, _: {
        "number": 1,
        "key": council.key("a-copy"),
        "title": council.words("A copy"),
    },
    "POST /api/v1/templates/{template_id}/versions": lambda *_: {"from_number": 1},
    "PUT /api/v1/templates/{template_id}/versions/{number}": _same_template,
    "PUT /api/v1/templates/{template_id}/where-to-look/{theme}": lambda council, _: {
        "words": council.words("The visits tab."),
    },
    "POST /api/v1/access-requests/{request_id}/decision": lambda *_: {"confirmed": True},
    "POST /api/v1/case-records/{case_file_id}/erasure": lambda *_: {"reason": "asked"},
    "POST /api/v1/case-records/{case_file_id}/hold": lambda *_: {"reason": "inquiry"},
    "POST /api/v1/erasures/{erasure_id}/decision": lambda *_: {"confirmed": True},
    "POST /api/v1/retention": lambda *_: {"kind": "emails", "months": 24},
    "POST /api/v1/retention/{change_id}/decision": lambda *_: {"confirmed": True},
    "POST /api/v1/me/notice-mail": lambda *_: {"wanted": False},
    "POST /api/v1/me/tokens": lambda council, _: {"name": council.words("A program"), "scopes": ["account"]},
    "POST /api/v1/tokens": lambda council, _: {"name": council.words("A system"), "scopes": ["teams:read"]},
    "POST /api/v1/webhooks": lambda council, _: _webhook(council),
    "PUT /api/v1/webhooks/{webhook_id}": lambda council, _: _webhook(council),
    "POST /api/v1/webhooks/{webhook_id}/secret": lambda *_: {"overlap_hours": 24},
}


def _webhook(council: Council) -> dict[str, Any]:
    return {
        "name": council.words("A system"),
        "address": "https://hooks.example.org/other",
        "kinds": ["round.opened"],
    }


def roles_kept(council: Council, thing: Thing) -> list[str]:
    """The roles that a person has: whoever may change people does not change their own."""
    wanted = thing.address["person_id"]
    held = (person.roles for person in council.people.values() if str(person.id) == wanted)
    return sorted(next(held, {"auditor"}))


def _seen(council: Council, thing: Thing) -> str:
    if thing.state[-1] == "planned":
        return f"0.{score_forms._mark('', '', '', '')}"
    return f"{version_of_score(thing)}.{score_forms._mark(council.key('good'), *texts_of_scores(council))}"


def _two_themes(council: Council, thing: Thing) -> dict[str, Any]:
    """The answers of a page with several themes."""
    return {
        f"{council.key(theme)}--{name}": value
        for theme in ("voice", "daily-life")
        for name, value in (("answer", council.key(_ANSWER)), ("seen", _seen(council, thing)))
    }


def _judgement(council: Council, thing: Thing) -> dict[str, str]:
    is_scored = council.word and thing.state[-1] != "planned"
    override, reason = (council.key("inadequate"), council.words("reason")) if is_scored else ("", "")
    return {
        "seen": submitting._mark(AuditMode.RECORDS_ONLY, OwnJudgement(override, reason, reason)),
        "mode": "observation",
    }


def _fact(council: Council, title: str) -> dict[str, str]:
    return {
        "title": council.words(title),
        "filled_from": "",
        "choice-0-label": council.words("Yes"),
        "choice-1-label": council.words("No"),
    }


def _part(shown: Callable[[TemplateContent, Council], Mapping[str, Any]]) -> Form:
    return lambda council, thing: shown(check_template(_same_template(council, thing)), council)


def _re_audit(council: Council) -> dict[str, Any]:
    plan = plan_of(council, "A re-audit")
    days = {"period_from": plan.period_from, "period_to": plan.period_to, "due_on": plan.due_on}
    return {"title": plan.title, **{name: day.isoformat() for name, day in days.items()}}


def _plan_form(council: Council, title: str) -> dict[str, Any]:
    plan = plan_of(council, title)
    days = {"period_from": plan.period_from, "period_to": plan.period_to, "due_on": plan.due_on}
    return {
        "title": plan.title,
        "template_version": f"{plan.template_id}/{plan.template_version}",
        "target_percent": plan.target_percent,
        "minimum_applicable": plan.minimum_applicable,
        **{f"{name}-{part}": getattr(day, part) for name, day in days.items() for part in ("day", "month", "year")},
    }


EDIT = "POST /templates/{template_id}/versions/{number}/edit"
VERSION = "POST /templates/{template_id}/versions/{number}"
FORMS: Mapping[str, Form] = {
    "POST /account": lambda council, _: {"name": council.words("New name"), "scoring_layout": "theme"},
    "POST /notices/read-all": lambda *_: {},
    "POST /notices/{notice_id}/read": lambda *_: {},
    "POST /access/{request_id}": lambda *_: {"decision": "confirm"},
    "POST /case-records/{case_file_id}/erasure": lambda *_: {"reason": "asked"},
    "POST /case-records/{case_file_id}/hold": lambda *_: {"hold_reason": "inquiry"},
    "POST /erasures/{erasure_id}": lambda *_: {"decision": "confirm"},
    "POST /retention": lambda *_: {"kind": "emails", "months": "24"},
    "POST /retention/{change_id}": lambda *_: {"decision": "confirm"},
    "POST /account/stay-signed-in": lambda *_: {},
    "POST /information-pages/{page}": lambda council, _: {"text": council.words("Ask Sam.")},
    "POST /people/invite": lambda council, _: {
        "lines": f"{council.words('Nell')}, {council.key('nell')}@example.org, auditor"
    },
    "POST /audits/{audit_id}/themes/{theme_key}/discard-draft": lambda *_: {},
    "POST /account/password": lambda *_: {"current_password": PASSWORD, "password": "another violet harbour"},
    "POST /case-lists/new": lambda council, _: {
        "draft": council.draft,
        f"team:{council.words('North team')}": str(council.teams["in-use"]),
    },
    "POST /rounds/{round_id}/samples/new": lambda council, _: _sample_form(council),
    "POST /joint-rounds/{joint_round_id}/samples/new": lambda council, _: _sample_form(council),
    "POST /samples/{sample_id}/cases/{case_file_id}/replace": lambda council, _: {
        "reason": council.words("Moved away.")
    },
    "POST /rounds/{round_id}/proposal": lambda council, _: {
        "auditors": [str(council.people["colleague"].id)],
        "mode": "records-only",
        "seed": "one",
        "mark": _mark(council, council.people["colleague"].id),
    },
    "POST /people/{person_id}/duties": lambda council, _: {"teams": [str(council.teams["in-use"])]},
    "POST /rounds/{round_id}/exemptions": lambda council, _: {
        "person": str(council.people["colleague"].id),
        "reason": council.words("Away."),
    },
    "POST /audits/{audit_id}/redact": lambda council, _: {
        "text": f"{council.key(THEMES[0])}.rationale",
        "how_much": "whole",
        "reason": "other-person",
    },
    "POST /audits/{audit_id}/pair": lambda *_: {},
    "POST /audits/{audit_id}/pair/{theme_key}": _consensus,
    "POST /audits/{audit_id}/pair/{theme_key}/confirm": lambda *_: {},
    "POST /audits/{audit_id}/concern": lambda council, _: {
        "person_id": str(council.people["on-duty"].id),
        "words": council.words("Seen alone and afraid today."),
    },
    "POST /audits/{audit_id}/feedback/edit": lambda council, _: {
        **{name: words for name, words in feedback_in(council).items() if name != "given_on"},
        **{f"given_on-{part}": str(getattr(now().date(), part)) for part in ("day", "month", "year")},
    },
    "POST /audits/{audit_id}/feedback/share": lambda *_: {},
    "POST /audits/{audit_id}/feedback/link": lambda *_: {},
    "POST /reflections": lambda council, _: {
        "code": council.code,
        "words": council.words("I will ask who does what."),
    },
    "POST /feedback/{secret}": lambda council, _: {"words": council.words("I will ask who does what.")},
    "POST /team-feedback/{sheet_id}": lambda council, _: {
        "theme": council.key("planning"),
        "words": council.words("The plan is on the page before."),
    },
    "POST /audits/{audit_id}/representations/{theme}": lambda council, _: {
        "upheld": "no",
        "words": council.words("The page does not show it."),
    },
    "POST /agencies": lambda council, _: {"name": council.words("Housing")},
    "POST /agencies/{agency_id}": lambda council, _: {
        "name": council.words("Health trust"),
        "active": "yes",
        "members": str(council.people["every-role"].id),
    },
    "POST /templates/{template_id}/agencies/{agency_id}": lambda council, _: {
        f"themes/{council.key('voice')}/asked": "yes",
        f"themes/{council.key('voice')}/words": council.words("Was the child heard?"),
    },
    "POST /joint-rounds/new": lambda council, _: joint_round_form(council),
    "POST /joint-rounds/{joint_round_id}/edit": lambda council, _: joint_round_form(council),
    "POST /joint-rounds/{joint_round_id}/cases": lambda *_: {"references": ""},
    "POST /joint-rounds/{joint_round_id}/open": lambda *_: {},
    "POST /joint-rounds/{joint_round_id}/auditors": lambda council, _: {
        "agency_id": str(council.agencies["Police"]),
        "auditor_id": str(council.people["agency-auditor"].id),
    },
    "POST /joint-rounds/{joint_round_id}/close": lambda council, _: {"reason": council.words("No more time.")},
    "POST /joint-parts/{part_id}": lambda *_: {"known": "no", "do": "submit"},
    "POST /joint-parts/{part_id}/give-back": lambda *_: {},
    "POST /joint-cases/{joint_case_id}/open-panel": lambda *_: {"without_missing": "yes"},
    "POST /joint-cases/{joint_case_id}/panel": lambda council, _: {"words": council.words("Agencies agreed.")},
    "POST /joint-cases/{joint_case_id}/themes/{theme}": lambda council, _: {"strengths": council.words("Seen alone.")},
    "POST /joint-cases/{joint_case_id}/finish": lambda *_: {},
    "POST /joint-cases/{joint_case_id}/redact": lambda *_: {"places": "words", "reason": "child-or-family"},
    "POST /rounds/{round_id}/follow-up-rule": lambda council, _: {
        "overall": "yes",
        "contact_post": council.words("Head of Service"),
        "notify_within": "2",
        "weeks": "8",
    },
    "POST /audits/{audit_id}/follow-up/notified": lambda *_: date_form("notified_on", now().date()),
    "POST /audits/{audit_id}/follow-up/reader": lambda council, _: {"reader_id": str(council.people["auditor"].id)},
    "POST /audits/{audit_id}/follow-up/outcomes": lambda council, _: {
        f"themes/{council.key('voice')}/outcome": "partly",
        f"themes/{council.key('voice')}/words": council.words("Seen alone once more."),
    },
    "POST /actions/defaults": lambda *_: {"version": "0", "child_days": "5"},
    "POST /actions/{action_id}/redact": lambda *_: {"text": "words", "how_much": "whole", "reason": "other-person"},
    "POST /actions/new": lambda council, _: {
        **plan_form(council),
        "cause": ActionCause.OTHER.value,
        "why": council.words("Plans lack names."),
        **date_form("due_on", in_a_month()),
    },
    "POST /audits/{audit_id}/actions/new": lambda council, _: {**child_action(council), "due_days": "10"},
    "POST /child-actions/{action_id}/edit": lambda council, _: {**child_action(council), "due_days": "10"},
    "POST /rounds/{round_id}/findings/{theme}": lambda *_: {},
    "POST /rounds/{round_id}/findings/{theme}/finished": lambda *_: {},
    "POST /rounds/{round_id}/codes/new": lambda council, _: {"name": council.reference()},
    "POST /rounds/{round_id}/codes/carried-over": lambda council, _: {
        "from_round": council.the("round", "closed").address["round_id"]
    },
    "POST /rounds/{round_id}/codes/{code_id}": lambda council, _: {"name": council.reference()},
    "POST /rounds/{round_id}/written-findings/new": lambda council, _: {"theme": "whole-audit", **finding_in(council)},
    "POST /rounds/{round_id}/written-findings/{finding_id}": lambda council, _: finding_in(council),
    "POST /auditor-register": lambda council, _: {
        "person_id": str(council.people["auditor"].id),
        **date_form("trained_on", date(2026, 1, 31)),
    },
    "POST /programmes/new": lambda council, _: programme_form(council),
    "POST /programmes/{programme_id}/edit": lambda council, _: programme_form(council),
    "POST /programmes/{programme_id}/lines/new": lambda council, _: line_form(council),
    "POST /programme-lines/{line_id}/edit": lambda council, _: line_form(council),
    "POST /programme-lines/{line_id}/move": lambda *_: {"move": "pause"},
    "POST /programme-lines/{line_id}/exemptions": lambda council, _: {
        "starts_on": PROGRAMME_SECOND.isoformat(),
        "reason": council.words("An inspection is expected."),
    },
    "POST /programme-lines/{line_id}/exemptions/decision": lambda *_: {
        "starts_on": PROGRAMME_FROM.isoformat(),
        "decision": "approve",
    },
    "POST /recommendations/new": lambda council, _: recommendation_form(council),
    "POST /recommendations/{recommendation_id}/edit": lambda council, _: recommendation_form(council),
    "POST /recommendations/{recommendation_id}/answer": lambda council, _: {
        "answer": council.words("Nine of ten plans have names.")
    },
    "POST /actions/{action_id}/edit": lambda council, _: plan_form(council),
    "POST /actions/{action_id}/progress": lambda council, _: {"words": council.words("Half of it is done.")},
    "POST /actions/{action_id}/due-date": lambda council, _: {
        **date_form("due_on", in_a_month() + timedelta(days=7)),
        "reason": council.words("The trainer was ill."),
    },
    "POST /actions/{action_id}/moves/{move}": lambda council, _: {"words": council.words("The guide was written.")},
    "POST /concerns/{concern_id}/acknowledge": lambda council, _: {"words": council.words("On it.")},
    "POST /concerns/{concern_id}/close": lambda council, _: {
        "outcome": "referred",
        "done": council.words("The duty team went out."),
    },
    "POST /concerns/{concern_id}/reassign": lambda council, _: {"person_id": str(council.people["on-duty"].id)},
    "POST /audits/{audit_id}/return": lambda council, _: {"reason": council.words("Look again.")},
    "POST /audits/{audit_id}/withdraw": lambda council, _: {"reason": council.words("Not ours.")},
    "POST /audits/{audit_id}/themes/{theme_key}": lambda council, thing: {
        "answer": council.key(_ANSWER),
        "seen": _seen(council, thing),
    },
    "POST /audits/{audit_id}/themes/{theme_key}/clear": lambda _, thing: {"version": version_of_score(thing)},
    "POST /audits/{audit_id}/domains/{domain_key}": _two_themes,
    "POST /audits/{audit_id}/whole": _two_themes,
    "POST /audits/{audit_id}/conclusion": lambda council, thing: {
        "version": version_of_conclusion(thing),
        "worries": council.words("Not seen alone."),
    },
    "POST /audits/{audit_id}/conversation": lambda council, thing: {
        "version": version_beside("/conversation", thing),
        "obstacle_words": council.words("Caseload."),
    },
    "POST /audits/{audit_id}/family-views": lambda council, thing: {
        "version": version_beside("/family-views", thing),
        "carer/how": "phone",
        "carer/words": council.words("Tired."),
    },
    "POST /audits/{audit_id}/theme-notes": lambda council, thing: {
        "version": version_beside("/theme-notes", thing),
        f"themes/{council.key(THEMES[0])}/development": council.words("Ask sooner."),
    },
    "POST /audits/{audit_id}/case": lambda council, thing: {
        "version": version_beside("/case", thing),
        "synopsis": council.words("A boy of six."),
    },
    "POST /audits/{audit_id}/check": _judgement,
    "POST /audits/{audit_id}/submit": _judgement,
    "POST /case-files/{case_file_id}/characteristics": lambda *_: {},
    "POST /characteristics/new": lambda council, _: characteristic_form(council),
    "POST /characteristics/{key}/edit": lambda council, _: characteristic_form(council),
    "POST /case-files/new": lambda council, _: _case_file(council),
    "POST /case-files/list": lambda council, _: {
        "lines": f",{council.words('North team')},child in need,5 to 9,",
        "make": "yes",
    },
    "POST /case-files/{case_file_id}/edit": lambda council, _: {**_case_file(council), "age_band": "unborn"},
    "POST /audits/workbook": lambda *_: {},
    "POST /audits/workbook/save": lambda *_: {
        "sheets": json.dumps([{"name": "1", "token": "unsigned", "cells": {}, "rows": {}}])
    },
    "POST /templates/from-workbook": lambda *_: {},
    "POST /templates/from-workbook/create": lambda council, _: {
        "text": json.dumps(_new_template(council)),
        "seen": "new",
    },
    "POST /templates/from-document": lambda *_: {
        "title": "A review",
        "text": "1. The child\n- Voice: was the child heard",
    },
    "POST /templates/from-document/marks": lambda *_: {
        "title": "A review",
        "do": "create",
        "text-0": "The child",
        "mark-0": "domain",
        "text-1": "Voice",
        "mark-1": "theme",
    },
    "POST /rounds/new": lambda council, _: _plan_form(council, "A new round"),
    "POST /rounds/{round_id}/edit": lambda council, _: _plan_form(council, "Another title"),
    "POST /rounds/{round_id}/re-audit": lambda council, _: {
        **{name: value for name, value in _plan_form(council, "A re-audit").items() if name != "template_version"},
        "scope": council.key("voice"),
        "cases": "new",
        "size": "10",
    },
    "POST /rounds/{round_id}/themes": lambda council, _: {"scope": council.key("voice")},
    "POST /rounds/{round_id}/allocate": lambda council, _: {
        "case_files": str(council.unread_case_file),
        "auditors": str(council.people["colleague"].id),
        "mode": "records-only",
    },
    "POST /audits/{audit_id}/moderation": lambda *_: {},
    "POST /audits/{audit_id}/moderation/scores": lambda council, _: {
        f"scores/{council.key('voice')}/answer": council.key("good")
    },
    "POST /audits/{audit_id}/moderation/accept": lambda *_: {},
    "POST /audits/{audit_id}/moderation/chosen": lambda *_: {"chosen": "yes"},
    "POST /audits/{audit_id}/comments": lambda council, _: {"words": council.words("Look again.")},
    "POST /audits/{audit_id}/comments/{thread_id}/resolve": lambda *_: {},
    "POST /audits/{audit_id}/sign-off": lambda council, _: {"overall": council.key("good")},
    "POST /audits/{audit_id}/reopenings": lambda council, _: {"reason": council.words("A page was missing.")},
    "POST /audits/{audit_id}/reopenings/{reopening_id}": lambda *_: {"decision": "confirm"},
    "POST /rounds/{round_id}/moderation-rule": lambda *_: {"share_percent": "20", "first_audits": "3"},
    "POST /calibration/new": lambda council, _: {
        "title": council.words("The Ash siblings"),
        "template": f"{council.template_id}.1",
        "practice_case": council.words("A made-up case."),
        "due_on-day": "31",
        "due_on-month": "1",
        "due_on-year": "2031",
    },
    "POST /calibration/{exercise_id}/answers": lambda council, _: {
        f"scores/{council.key('voice')}/answer": council.key("good")
    },
    "POST /calibration/{exercise_id}/close": lambda *_: {},
    "POST /calibration/{exercise_id}/agreed": lambda council, _: {
        f"scores/{council.key('voice')}/answer": council.key("good"),
        f"scores/{council.key('voice')}/words": council.words("Seen alone."),
    },
    "POST /calibration/{exercise_id}/exemplars": lambda *_: {},
    "POST /rounds/{round_id}/open": lambda *_: {},
    "POST /rounds/{round_id}/close": lambda council, _: {"reason": council.words("The figures are needed.")},
    "POST /rounds/{round_id}/export": lambda *_: {},
    "POST /rounds/{round_id}/reallocate": lambda council, thing: {
        "auditor": str(council.people["colleague"].id),
        "audits": _draft_of_colleague(council, thing),
        "way": "afresh",
        "to": "spread",
        "reason": council.words("They have left."),
    },
    "POST /rounds/{round_id}/snapshot": lambda council, _: {
        "title": council.words("For the board"),
        "smallest": "50",
    },
    "POST /snapshots/{snapshot_id}/publish": lambda *_: {},
    "POST /snapshots/{snapshot_id}/briefing": lambda *_: {},
    "POST /briefings/{briefing_id}/edit": lambda council, _: {
        "title": council.words("What we learned"),
        "words/background": council.words("We looked again."),
    },
    "POST /sign-in": lambda council, _: {"email": council.people["colleague"].email, "password": PASSWORD},
    "POST /sign-out": lambda *_: {},
    "POST /link/{secret}": lambda council, _: {
        "email": council.people["colleague"].email,
        "password": "another violet harbour",
    },
    "POST /sign-in/code": lambda *_: {"ticket": "1.2.3", "code": "123456"},
    "POST /sign-in/again": lambda *_: {"password": PASSWORD, "code": RECOVERY_CODE},
    "POST /sign-in/provider/continue": lambda *_: {},
    "POST /sign-in/provider/logout": lambda *_: {"logout_token": "a.b.c"},
    "POST /single-sign-on": lambda *_: {"version": "1", "allowed": "yes", "passwords": "everybody"},
    "POST /single-sign-on/test": lambda *_: {},
    "POST /people/{person_id}/single-sign-on/remove": lambda *_: {},
    "POST /account/sessions/end-others": lambda *_: {},
    "POST /account/sessions/{session_id}/end": lambda *_: {},
    "POST /account/second-factor/codes": lambda *_: {},
    "POST /account/second-factor/codes/confirm": lambda *_: {"code": "123456"},
    "POST /account/second-factor/codes/remove": lambda *_: {},
    "POST /account/second-factor/passkeys": lambda council, _: {"name": council.words("Phone"), "credential": "{}"},
    "POST /account/second-factor/passkeys/{passkey_id}/remove": lambda *_: {},
    "POST /account/second-factor/recovery-codes": lambda *_: {},
    "POST /second-factor": lambda *_: {"version": "1", "roles": ["administrator"]},
    "POST /people/{person_id}/second-factor/remove": lambda *_: {},
    "POST /templates/from-library": lambda *_: {"built_in": "scr-themes"},
    "POST /templates/new": lambda council, _: {
        "title": council.words("Brand new"),
        "scale": "four-grades",
        "domain_title": council.words("The child"),
        "theme_title": council.words("Voice"),
        "prompts": council.words("Was the child seen?"),
    },
    "POST /templates/import": lambda council, _: {"text": json.dumps(_new_template(council))},
    f"{VERSION}/new-version": lambda *_: {},
    f"{VERSION}/publish": lambda *_: {},
    f"{VERSION}/retire": lambda *_: {},
    f"{VERSION}/discard": lambda *_: {},
    f"{VERSION}/copy": lambda council, _: {"title": council.words("A copy")},
    f"{EDIT}/details": _part(lambda content, _: Details().shown(content)),
    f"{EDIT}/scale": _part(lambda content, _: Scale().shown(content)),
    f"{EDIT}/forms-of-harm": _part(lambda content, _: FormsOfHarm().shown(content)),
    f"{EDIT}/new-domain": lambda council, _: {
        "title": council.words("Another domain"),
        "theme_title": council.words("Another theme"),
        "prompts": council.words("What else?"),
    },
    f"{EDIT}/domains/{{key}}": _part(lambda content, council: Domain(council.key("the-child")).shown(content)),
    f"{EDIT}/domains/{{key}}/new-theme": lambda council, _: {
        "title": council.words("Another theme"),
        "domain": council.key("the-child"),
        "prompts": council.words("What else?"),
    },
    f"{EDIT}/themes/{{key}}": _part(lambda content, council: ThemePart(council.key("voice")).shown(content)),
    f"{EDIT}/domains/{{key}}/move": lambda *_: {"move": "down"},
    f"{EDIT}/themes/{{key}}/move": lambda *_: {"move": "down"},
    f"{EDIT}/domains/{{key}}/remove": lambda *_: {},
    f"{EDIT}/themes/{{key}}/remove": lambda *_: {},
    f"{EDIT}/use-format-2": lambda *_: {},
    "POST /templates/{template_id}/where-to-look/{theme}": lambda council, _: {
        "version": 0,
        "words": council.words("The visits tab."),
    },
    f"{EDIT}/parts/{{part}}": _part(lambda content, _: WordsPart().shown(content)),
    f"{EDIT}/themes/{{key}}/new-question": lambda council, _: {
        "theme": council.key("voice"),
        "text": council.words("Was the child heard?"),
        "kind": "yes-no",
    },
    f"{EDIT}/questions/{{key}}": lambda council, _: {
        "theme": council.key("voice"),
        "text": council.words("Was the child seen without adults?"),
        "kind": "yes-no",
    },
    f"{EDIT}/questions/{{key}}/move": lambda *_: {"move": "down"},
    f"{EDIT}/questions/{{key}}/remove": lambda *_: {},
    f"{EDIT}/new-fact": lambda council, _: _fact(council, "Lives with"),
    f"{EDIT}/facts/{{key}}": lambda council, _: _fact(council, "In school now"),
    f"{EDIT}/facts/{{key}}/move": lambda *_: {"move": "down"},
    f"{EDIT}/facts/{{key}}/remove": lambda *_: {},
    f"{EDIT}/{{kind}}/{{key}}/applies-when": lambda *_: {"statuses": "closed"},
    "POST /people/new": lambda council, _: {
        "name": council.words("Nell"),
        "email": f"{council.key('nell')}@example.org",
        "roles": ["auditor"],
    },
    "POST /people/{person_id}": lambda council, thing: {
        "name": council.words("New name"),
        "roles": roles_kept(council, thing),
        "active": "yes",
    },
    "POST /people/{person_id}/link": lambda *_: {},
    "POST /people/{person_id}/end-sessions": lambda *_: {},
    "POST /key-holder/edit": lambda *_: {
        "version": "1",
        "kind": "post",
        "post": "Performance team",
        "contact": "01632 960001",
    },
    "POST /case-lists/key": lambda *_: {},
    "POST /risky-terms": lambda council, _: {"terms": "Okafor", "label": council.words("list of May")},
    "POST /risky-terms/{term_id}/remove": lambda *_: {},
    "POST /outbox/{message_id}/try-again": lambda *_: {},
    "POST /jobs/{job_id}/cancel": lambda *_: {},
    "POST /exports/{export_id}/cancel": lambda *_: {},
    "POST /outbox/{message_id}/give-up": lambda *_: {},
    "POST /verifications": lambda *_: {},
    "POST /teams": lambda council, _: {"name": council.words("East team")},
    "POST /teams/{team_id}": lambda council, _: {"name": council.words("West team")},
    "POST /teams/{team_id}/retire": lambda *_: {},
    "POST /teams/{team_id}/restore": lambda *_: {},
    "POST /account/tokens/new": lambda council, _: {
        "name": council.words("A program"),
        "scopes": ["account"],
        "days": "30",
    },
    "POST /account/tokens/{token_id}/revoke": lambda *_: {},
    "POST /case-records/{case_file_id}/lift": lambda *_: {},
    "POST /tokens/new": lambda council, _: {"name": council.words("A system"), "scopes": ["teams:read"], "days": "30"},
    "POST /tokens/{token_id}/revoke": lambda *_: {},
    "POST /webhooks/new": lambda council, _: _webhook(council),
    "POST /webhooks/{webhook_id}/change": lambda council, _: _webhook(council),
    "POST /webhooks/{webhook_id}/secret": lambda *_: {"overlap_hours": "24"},
    "POST /webhooks/{webhook_id}/switch-on": lambda *_: {},
    "POST /webhooks/{webhook_id}/switch-off": lambda *_: {},
    "POST /webhooks/{webhook_id}/delete": lambda *_: {},
    "POST /webhooks/{webhook_id}/test": lambda *_: {},
    "POST /webhooks/{webhook_id}/send-parked-again": lambda *_: {},
    "POST /webhooks/{webhook_id}/messages/{message_id}/send-again": lambda *_: {},
}


def _form(route: str, council: Council, thing: Thing) -> Mapping[str, Any]:
    if route not in FORMS:
        raise KeyError(f"Say in minimal_requests.py what {route} is sent.")
    return FORMS[route](council, thing)
