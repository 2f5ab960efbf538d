"""Keys and answers about a council's tables, over REST."""

from typing import Annotated

from pydantic import BaseModel, Field
from starlette.responses import Response

from api.case_lists.choices import stored_choices
from api.case_lists.council_files.actions import create_key
from api.foundation.http.dependencies import IdempotencyKey, Transaction, reading, writing
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import SecretReply, json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission

router = Router(tags=["Case lists"])


class NewKeyOut(BaseModel):
    id: Annotated[str, Field(description="The id of the key, which is in every case list made with it.")]
    file: Annotated[
        str | None,
        Field(description="The content of the key file. Store it at once: a repeated request gets null instead."),
    ]


class AnswersOut(BaseModel):
    choices: Annotated[
        dict[str, str],
        Field(description="Answers about the organisation’s own tables, by the key of each question."),
    ]


@router.post("/case-list-keys", status_code=201, response_model=NewKeyOut, responses=refusals(400))
def make_key(acting: Annotated[Transaction, writing(Permission.WRITE_CASE_FILES)], key: IdempotencyKey) -> Response:
    """Create a key for pseudonyms. The service stores nothing of it."""

    def make() -> SecretReply:
        made = create_key(acting.session, by=acting.actor)

        def answered(file: str | None) -> Response:
            return json_reply(NewKeyOut(id=made.id, file=file), status=201)

        return SecretReply(answered(made.file.content.decode()), again=answered(None))

    return run_once(acting, key, make)


@router.get("/case-list-answers", response_model=AnswersOut)
def read_answers(acting: Annotated[Transaction, reading(Permission.WRITE_CASE_FILES)]) -> AnswersOut:
    """The answers that people gave about the organisation’s own tables when they imported lists."""
    return AnswersOut(choices=stored_choices(acting.session, by=acting.actor))
