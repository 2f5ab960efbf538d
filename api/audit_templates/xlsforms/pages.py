"""Pages of a template's XLSForm: what it does not say, and downloading it."""

import uuid

from fastapi import Request
from starlette.responses import Response

from api.audit_templates import actions
from api.audit_templates.pages import ADDRESS, Number, address_of
from api.audit_templates.workbooks.pages import HeavyReader
from api.audit_templates.xlsforms.routes import xlsform_of
from api.audit_templates.xlsforms.writing import left
from api.foundation.http.routing import Router
from api.foundation.pages.rendering import render

router = Router(include_in_schema=False)


@router.get(ADDRESS + "/xlsform")
def show_what_is_left(request: Request, acting: HeavyReader, template_id: uuid.UUID, number: Number) -> Response:
    found = actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor)
    return render(
        request,
        "audit_templates/xlsform.html",
        acting=acting,
        found=found,
        address=address_of(found),
        left=left(found.content),
    )


@router.get(ADDRESS + "/xlsform/file")
def download_xlsform(acting: HeavyReader, template_id: uuid.UUID, number: Number) -> Response:
    return xlsform_of(actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor))
