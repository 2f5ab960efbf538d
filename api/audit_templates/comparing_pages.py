"""The page that says what has changed between two versions of a template."""

import uuid
from itertools import groupby
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.audit_templates import comparing
from api.audit_templates.pages import ADDRESS, Number, Reader, context_of
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render
from checklists.audits.scoring import overall_rule_in_words

router = Router(include_in_schema=False)


@router.get(ADDRESS + "/changes")
def show_changes(
    request: Request,
    acting: Reader,
    template_id: uuid.UUID,
    number: Number,
    since: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> Response:
    changes = comparing.compare_versions(
        acting.session, template_id=template_id, number=number, since=since, by=acting.actor
    )
    before = changes.before
    rules = [overall_rule_in_words(found.content) for found in (changes.found, before) if found is not None]
    return render(
        request,
        "audit_templates/changes.html",
        acting=acting,
        before=before,
        groups=[(kind.label, list(found)) for kind, found in groupby(changes.differences, key=lambda each: each.kind)],
        rules=rules if len(set(rules)) == 2 else [],
        others=[
            each
            for each in comparing.earlier_numbers(acting.session, changes.found, by=acting.actor)
            if before is None or each != before.version.number
        ],
        **context_of(changes.found),
    )
