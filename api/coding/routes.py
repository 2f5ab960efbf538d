"""Coding over REST: codes of a round, passages of a theme with one's own codes, their counts, and findings."""

import uuid
from typing import Annotated

from fastapi import Path, Query
from starlette.responses import Response

from api.coding.bodies import (
    CarryIn,
    ChangedOut,
    CodeCountsOut,
    CodeIn,
    CodeList,
    CodeOut,
    CodingsIn,
    FindingIn,
    FindingList,
    FindingOut,
    MergeIn,
    NewFindingIn,
    PassageList,
)
from api.coding.codes import actions as codes
from api.coding.codes.queries import list_codes
from api.coding.findings import actions as findings
from api.coding.findings.queries import list_findings
from api.coding.passages import actions as passages
from api.coding.passages import counts, queries
from api.coding.passages.queries import Chosen, PassagesQuery
from api.coding.rules import coded_round, theme_of
from api.foundation.http.dependencies import (
    IdempotencyKey,
    IfMatch,
    Page,
    Transaction,
    heavy_reading,
    reading,
    writing,
)
from api.foundation.http.problem_details import refusals
from api.foundation.http.replies import json_reply, run_once
from api.foundation.http.routing import Router
from api.foundation.permissions import Permission
from checklists.passages.parts import Place
from models import PassageCode, WrittenFinding

router = Router(prefix="/rounds/{round_id}", tags=["Findings"])

Reader = Annotated[Transaction, reading(Permission.CODE_PASSAGES)]
HeavyReader = Annotated[Transaction, heavy_reading(Permission.CODE_PASSAGES)]
Writer = Annotated[Transaction, writing(Permission.CODE_PASSAGES)]
Slug = Annotated[str, Path(max_length=60, description="The key of a theme, or whole-audit.")]


@router.get("/codes", response_model=CodeList, responses=refusals(404, 409))
def read_codes(acting: Reader, round_id: uuid.UUID) -> CodeList:
    """The codes of a round, by name."""
    coded = coded_round(acting.session, round_id, by=acting.actor)
    return CodeList(items=[CodeOut.of(each) for each in list_codes(acting.session, coded)])


@router.post("/codes", status_code=201, response_model=CodeOut, responses=refusals(400, 404, 409))
def add_code(acting: Writer, key: IdempotencyKey, round_id: uuid.UUID, new: CodeIn) -> Response:
    """Add a code to a round."""

    def make() -> Response:
        made = codes.add_code(
            acting.session,
            round_id=round_id,
            name=new.name,
            meaning=new.meaning,
            keep_names=new.keep_names,
            by=acting.actor,
        )
        return _shown_code(made, status=201)

    return run_once(acting, key, make)


@router.post("/codes/carried-over", status_code=201, response_model=CodeList, responses=refusals(400, 404, 409))
def carry_codes_over(acting: Writer, key: IdempotencyKey, round_id: uuid.UUID, given: CarryIn) -> Response:
    """Copy the codes of another round that this one does not have yet; the answer has all codes of the round."""

    def make() -> Response:
        codes.carry_over(acting.session, round_id=round_id, from_round_id=given.from_round, by=acting.actor)
        return json_reply(read_codes(acting, round_id), status=201)

    return run_once(acting, key, make)


@router.put("/codes/{code_id}", response_model=CodeOut, responses=refusals(404, 409, 412, 428))
def change_code(acting: Writer, round_id: uuid.UUID, code_id: uuid.UUID, version: IfMatch, new: CodeIn) -> Response:
    """Rename a code, or say otherwise what it means."""
    made = codes.change_code(
        acting.session,
        round_id=round_id,
        code_id=code_id,
        name=new.name,
        meaning=new.meaning,
        version=version,
        keep_names=new.keep_names,
        by=acting.actor,
    )
    return _shown_code(made)


@router.post("/codes/{code_id}/merge", response_model=CodeOut, responses=refusals(404, 409, 412, 428))
def merge_code(acting: Writer, round_id: uuid.UUID, code_id: uuid.UUID, version: IfMatch, given: MergeIn) -> Response:
    """Give every passage of this code the other code instead, and delete this one."""
    made = codes.merge_code(
        acting.session, round_id=round_id, code_id=code_id, into_id=given.into, version=version, by=acting.actor
    )
    return _shown_code(made)


@router.delete("/codes/{code_id}", status_code=204, responses=refusals(404, 409, 412, 428))
def delete_code(acting: Writer, round_id: uuid.UUID, code_id: uuid.UUID, version: IfMatch) -> Response:
    """Delete a code that no passage and no finding has."""
    codes.delete_code(acting.session, round_id=round_id, code_id=code_id, version=version, by=acting.actor)
    return Response(status_code=204)


@router.get("/passages/{theme}", response_model=PassageList, responses=refusals(404, 409))
def read_passages(
    acting: HeavyReader,
    round_id: uuid.UUID,
    theme: Slug,
    page: Page,
    show: Annotated[Chosen, Query(description="Which passages.")] = Chosen.ALL,
    code: Annotated[uuid.UUID | None, Query(description="Only passages that you gave this code.")] = None,
    words: Annotated[str, Query(max_length=100, description="Only passages with these words.")] = "",
    like_audit: Annotated[uuid.UUID | None, Query(description="Only passages like one of this audit.")] = None,
    like_part: Annotated[str, Query(max_length=40, description="The part of that passage.")] = "",
) -> PassageList:
    """What auditors wrote about a theme, audit by audit, with the codes that you gave it."""
    place = Place(theme_of(theme), like_part)
    query = PassagesQuery(show, code, words.strip(), None if like_audit is None else (like_audit, place))
    found = queries.coding_page(
        acting.session,
        round_id=round_id,
        theme=theme_of(theme),
        query=query,
        after=page.after_id,
        limit=page.limit,
        by=acting.actor,
    )
    return PassageList.of(found)


@router.post("/passages/{theme}/codes", response_model=ChangedOut, responses=refusals(404, 409))
def give_codes(acting: Writer, round_id: uuid.UUID, theme: Slug, given: CodingsIn) -> ChangedOut:
    """Change the codes that you gave to passages. Only what is named changes; sending it again changes nothing."""
    codings = [each.coding() for each in given.passages]
    changed = passages.give_codes(
        acting.session, round_id=round_id, theme=theme_of(theme), codings=codings, by=acting.actor
    )
    return ChangedOut(changed=changed)


@router.post("/passages/{theme}/finished", status_code=204, responses=refusals(404, 409))
def finish_theme(acting: Writer, round_id: uuid.UUID, theme: Slug) -> Response:
    """Say that you have coded a theme: you see others' codes, and others who have finished see yours."""
    passages.finish_theme(acting.session, round_id=round_id, theme=theme_of(theme), by=acting.actor)
    return Response(status_code=204)


@router.get("/passages/{theme}/counts", response_model=CodeCountsOut, responses=refusals(404, 409))
def read_counts(acting: HeavyReader, round_id: uuid.UUID, theme: Slug) -> CodeCountsOut:
    """In how many audits each code is, by team, with the agreement of those who have finished the theme."""
    return CodeCountsOut.of(
        counts.theme_counts(acting.session, round_id=round_id, theme=theme_of(theme), by=acting.actor)
    )


@router.get("/findings", response_model=FindingList, responses=refusals(404, 409))
def read_findings(acting: HeavyReader, round_id: uuid.UUID) -> FindingList:
    """The findings of a round in the order of its themes, each with the count of its code."""
    found = list_findings(acting.session, round_id=round_id, by=acting.actor)
    return FindingList(items=[FindingOut.of(each) for each in found])


@router.post("/findings", status_code=201, response_model=FindingOut, responses=refusals(400, 404, 409))
def write_finding(acting: Writer, key: IdempotencyKey, round_id: uuid.UUID, new: NewFindingIn) -> Response:
    """Write a finding about a theme."""

    def make() -> Response:
        made = findings.write_finding(
            acting.session, round_id=round_id, theme=theme_of(new.theme), new=new.new(), by=acting.actor
        )
        return _shown_finding(acting, made, status=201)

    return run_once(acting, key, make)


@router.put("/findings/{finding_id}", response_model=FindingOut, responses=refusals(404, 409, 412, 428))
def change_finding(
    acting: Writer, round_id: uuid.UUID, finding_id: uuid.UUID, version: IfMatch, new: FindingIn
) -> Response:
    """Change a finding."""
    made = findings.change_finding(
        acting.session, round_id=round_id, finding_id=finding_id, new=new.new(), version=version, by=acting.actor
    )
    return _shown_finding(acting, made)


@router.delete("/findings/{finding_id}", status_code=204, responses=refusals(404, 409, 412, 428))
def delete_finding(acting: Writer, round_id: uuid.UUID, finding_id: uuid.UUID, version: IfMatch) -> Response:
    """Delete a finding."""
    findings.delete_finding(acting.session, round_id=round_id, finding_id=finding_id, version=version, by=acting.actor)
    return Response(status_code=204)


def _shown_code(code: PassageCode, *, status: int = 200) -> Response:
    location = f"/api/v1/rounds/{code.round_id}/codes/{code.id}" if status == 201 else ""
    return json_reply(CodeOut.of(code), status=status, version=code.version, location=location)


def _shown_finding(acting: Transaction, finding: WrittenFinding, *, status: int = 200) -> Response:
    found = list_findings(acting.session, round_id=finding.round_id, theme=finding.theme, by=acting.actor)
    (shown,) = [each for each in found if each.finding.id == finding.id]
    location = f"/api/v1/rounds/{finding.round_id}/findings/{finding.id}" if status == 201 else ""
    return json_reply(FindingOut.of(shown), status=status, version=finding.version, location=location)
