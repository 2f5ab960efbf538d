"""Importing a case list, as work that may be long."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from sqlmodel import Session

from api.case_files.characteristics.queries import characteristics_in_use
from api.case_files.settling import unsettled_list
from api.case_files.words import words_in_use
from api.case_lists import actions as case_lists
from api.case_lists import choices as reading_choices
from api.case_lists import drafts, importing
from api.case_lists.importing import PreparedImport
from api.foundation.jobs.long_work import LongBySize, Piece
from api.foundation.permissions import Actor
from checklists.case_list import CaseList as CaseListContent
from models import ImportState, JobKind


@dataclass(frozen=True, slots=True)
class ImportCaseList(LongBySize):
    """A case list to be imported, with the choices of its teams and the answers about its table."""

    kind: ClassVar[JobKind] = JobKind.CASE_LIST
    most_at_once: ClassVar[int] = 2_000
    round_id: ClassVar[uuid.UUID | None] = None

    content: CaseListContent
    teams: Mapping[str, uuid.UUID | str] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)

    def size(self, session: Session, by: Actor) -> int:  # noqa: ARG002 - the signature of all long work
        return len(self.content.cases)

    def prepare(self, session: Session, by: Actor) -> "PreparedList":
        checked = case_lists.check_list(
            self.content,
            words=words_in_use(session, by.organisation_id),
            characteristics=characteristics_in_use(session, by.organisation_id),
            by=by,
        )
        taking = importing.prepare_import(session, checked=checked, teams=self.teams, by=by)
        return PreparedList(taking, dict(self.choices))

    @staticmethod
    def pieces(prepared: "PreparedList") -> Iterable[Piece]:
        return importing.pieces_of(prepared.taking)

    @staticmethod
    def give_up(prepared: "PreparedList") -> Iterable[Piece]:
        return importing.give_up_pieces(prepared.taking)

    @staticmethod
    def store(session: Session, prepared: "PreparedList", by: Actor) -> uuid.UUID:
        made = importing.complete_import(session, prepared.taking, by=by)
        reading_choices.store_choices(session, choices=prepared.choices, by=by)
        drafts.delete_draft(session, digest=made.digest, by=by)
        return made.id

    @staticmethod
    def stored_so_far(session: Session, organisation_id: int) -> int:
        listed = unsettled_list(session, organisation_id)
        return listed.stored if listed is not None and listed.state is ImportState.STORING else 0

    @staticmethod
    def path_of(_: uuid.UUID) -> str:
        return "/case-lists"


@dataclass(frozen=True, slots=True)
class PreparedList:
    """A list that is ready to be imported, and the answers to remember with it."""

    taking: PreparedImport
    choices: dict[str, str]
