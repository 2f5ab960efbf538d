"""Giving codes to passages, and finishing a theme."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlmodel import Session, col, select

from api.coding.codes.queries import list_codes
from api.coding.passages.given import finished_coders
from api.coding.passages.reading import digest_of, read_passages
from api.coding.rules import check_can_code, coded_round
from api.foundation import events
from api.foundation.permissions import Actor
from api.foundation.problems import Conflict, Fault, Invalid
from checklists.passages.parts import Place
from models import CodedPassage, FinishedCoding

MOST_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Coding:
    """What a person changes about the codes of one passage: which it gets, and which it loses."""

    audit_id: uuid.UUID
    part: str
    gets: frozenset[uuid.UUID]
    loses: frozenset[uuid.UUID] = frozenset()


def give_codes(session: Session, *, round_id: uuid.UUID, theme: str, codings: Sequence[Coding], by: Actor) -> int:
    """Change the person's own codes of passages of a theme. Returns how many passages changed.

    Only what is named changes, so that two windows of one person take nothing from each other. Raises Conflict, Invalid
    for a passage or code that is not there, NotAllowed, NotFound.
    """
    coded, coder_id = coded_round(session, round_id, by=by), check_can_code(by)
    coded.check_theme(theme)
    wanted = [each for each in codings if each.gets or each.loses]
    if len(wanted) > MOST_AT_ONCE:
        raise Invalid.at("passages", f"Code {MOST_AT_ONCE} passages at once at most.")
    if not wanted:
        return 0
    audits = read_passages(session, coded, theme, by=by, audits=[each.audit_id for each in wanted])
    texts = {(audit.audit_id, each.place): each.text for audit in audits for each in audit.passages}
    _check(wanted, theme, texts, {code.id for code in list_codes(session, coded)})
    stored = _stored(session, theme, wanted, coder_id, by)
    changed = set()
    for each in wanted:
        digest = digest_of(texts[each.audit_id, Place(theme, each.part)])
        for code_id in sorted(each.gets | each.loses):
            row = stored.get((each.audit_id, each.part, code_id))
            if _apply(
                session, row, by, coder_id, (each.audit_id, theme, each.part, code_id), code_id in each.gets, digest
            ):
                changed.add((each.audit_id, each.part))
    session.flush()
    if changed:
        events.record(session, "round.passages-coded", round_id, by=by)
    return len(changed)


def finish_theme(session: Session, *, round_id: uuid.UUID, theme: str, by: Actor) -> None:
    """Say that one has coded a theme: its codes are kept as they are for agreement, and others' codes are shown.

    Raises Conflict when it is finished already, NotAllowed, NotFound.
    """
    coded, coder_id = coded_round(session, round_id, by=by), check_can_code(by)
    coded.check_theme(theme)
    if coder_id in finished_coders(session, coded, theme):
        raise Conflict("You have finished coding this theme already.")
    codes = [code.id for code in list_codes(session, coded)]
    own = (
        col(CodedPassage.organisation_id) == by.organisation_id,
        col(CodedPassage.theme) == theme,
        col(CodedPassage.coder_id) == coder_id,
        col(CodedPassage.code_id).in_(codes),
    )
    session.execute(
        update(CodedPassage).where(*own).values(given_blind=True), execution_options={"synchronize_session": False}
    )
    session.add(FinishedCoding(organisation_id=by.organisation_id, round_id=round_id, theme=theme, coder_id=coder_id))
    session.flush()
    events.record(session, "round.coding-finished", round_id, by=by, details={"themes": theme})


def _check(
    wanted: Sequence[Coding],
    theme: str,
    texts: Collection[tuple[uuid.UUID, Place]],
    codes: Collection[uuid.UUID],
) -> None:
    faults = []
    for at, each in enumerate(wanted):
        if (each.audit_id, Place(theme, each.part)) not in texts:
            faults.append(Fault(f"/passages/{at}", "This passage is no longer there. Open the page again"))
        elif not each.gets <= set(codes):
            faults.append(Fault(f"/passages/{at}", "Select codes of this round. Open the page again to see them"))
    if faults:
        raise Invalid(faults[0].detail, faults=tuple(faults))


def _stored(
    session: Session, theme: str, wanted: Sequence[Coding], coder_id: uuid.UUID, by: Actor
) -> dict[tuple[uuid.UUID, str, uuid.UUID], CodedPassage]:
    rows = session.exec(
        select(CodedPassage).where(
            col(CodedPassage.organisation_id) == by.organisation_id,
            col(CodedPassage.theme) == theme,
            col(CodedPassage.coder_id) == coder_id,
            col(CodedPassage.audit_id).in_([each.audit_id for each in wanted]),
        )
    )
    return {(row.audit_id, row.part, row.code_id): row for row in rows}


def _apply(
    session: Session,
    row: CodedPassage | None,
    by: Actor,
    coder_id: uuid.UUID,
    key: tuple[uuid.UUID, str, str, uuid.UUID],
    is_given: bool,
    digest: str,
) -> bool:
    """Give or take one code of one passage; whether anything changed."""
    audit_id, theme, part, code_id = key
    if row is None:
        if is_given:
            session.add(
                CodedPassage(
                    organisation_id=by.organisation_id,
                    audit_id=audit_id,
                    theme=theme,
                    part=part,
                    code_id=code_id,
                    coder_id=coder_id,
                    digest=digest,
                )
            )
        return is_given
    if row.given == is_given and (not is_given or row.digest == digest):
        return False
    if not is_given and not row.given_blind:
        session.delete(row)
        return True
    row.given, row.digest = is_given, digest if is_given else row.digest
    session.add(row)
    return True
