"""Pages of the files that a council downloads for its own computers."""

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.case_lists.council_files.actions import answers_file, create_key
from api.documents.files import WrittenFile
from api.foundation.http.dependencies import Transaction, reading, writing
from api.foundation.http.replies import SecretReply
from api.foundation.http.routing import Router
from api.foundation.pages.forms import PostedForm, submit_once
from api.foundation.pages.rendering import redirect, render
from api.foundation.permissions import Permission

router = Router(include_in_schema=False)

ReadingLead = Annotated[Transaction, reading(Permission.WRITE_CASE_FILES)]


@router.get("/case-lists/key")
def show_key(
    request: Request,
    acting: ReadingLead,
    again: Annotated[bool, Query(description="Whether this form was sent twice.")] = False,
) -> Response:
    return render(request, "case_lists/council_files/key.html", acting=acting, again=again)


@router.post("/case-lists/key")
def download_key(acting: Annotated[Transaction, writing(Permission.WRITE_CASE_FILES)], form: PostedForm) -> Response:
    """The key file, once: sent again, the form leads to a page that says so."""

    def make() -> SecretReply:
        made = create_key(acting.session, by=acting.actor)
        return SecretReply(_download(made.file), again=redirect("/case-lists/key?again=1"))

    return submit_once(acting, form, make)


@router.get("/case-lists/answers.json")
def download_answers(acting: ReadingLead) -> Response:
    return _download(answers_file(acting.session, by=acting.actor))


def _download(file: WrittenFile) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return Response(file.content, media_type=file.media_type, headers=headers)
