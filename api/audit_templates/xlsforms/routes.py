"""Templates as XLSForms over REST. An XLSForm is read where template workbooks are."""

import uuid
from typing import Annotated, Any, Final

from starlette.responses import Response

from api.audit_templates import actions
from api.audit_templates.actions import FoundVersion
from api.audit_templates.routes import VERSION_ADDRESS, Number
from api.audit_templates.workbooks.routes import WORKBOOK, as_workbook
from api.audit_templates.xlsforms.writing import write_xlsform
from api.foundation.http.dependencies import Transaction, heavy_reading
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import etag
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission

router = Router(tags=["Templates"])

_FILE: Final[dict[str, Any]] = {"content": {WORKBOOK: {"schema": {"type": "string", "format": "binary"}}}}


@router.get(
    VERSION_ADDRESS + "/xlsform",
    response_class=Response,
    responses={200: {"description": "The template as an XLSForm, an .xlsx file.", **_FILE}, **refusals(404)},
)
def read_template_xlsform(
    acting: Annotated[Transaction, heavy_reading(Permission.READ_TEMPLATES)], template_id: uuid.UUID, number: Number
) -> Response:
    """The template as an XLSForm, with a sheet of what a form cannot say."""
    return xlsform_of(actions.find_version(acting.session, template_id=template_id, number=number, by=acting.actor))


def xlsform_of(found: FoundVersion) -> Response:
    """A version as an XLSForm to download."""
    name = f"{found.template.key}-version-{found.version.number}-xlsform.xlsx"
    content = write_xlsform(found.content, number=found.version.number)
    return as_workbook(content, name, ETag=etag(found.version.version))
