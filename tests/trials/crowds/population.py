"""The people of a crowd, with what each works on, and what they find stored afterwards."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlmodel import col, select, update

from api.allocation.actions import Allocation, allocate_many
from api.case_files import actions as case_files
from api.case_files.actions import NewCaseFile
from api.foundation.permissions import Actor
from api.people import actions as people
from api.people.access import actions as access
from api.people.sign_in.passwords import hash_password
from api.people.tokens import actions as tokens
from models import AgeBand, CaseFile, CaseStatus, Person, Role, RoleGrant, Score
from models.storage.database import Database
from tests.factories import SETTINGS
from tests.live import THEMES, Ground
from tests.trials.crowds.people import PASSWORD, Asked, Someone

AT_ONCE = 50
TOLD_AT_ONCE = 500
SHARES = {"save": 0.4, "score": 0.2, "read": 0.25, "sign-in": 0.15}
ROLE_OF = {"save": Role.QUALITY_LEAD, "score": Role.AUDITOR, "read": Role.QUALITY_LEAD, "sign-in": Role.QUALITY_LEAD}


@dataclass(frozen=True, slots=True)
class Stands:
    """What a crowd left behind: saves that were acknowledged and are not there, and refused ones that are."""

    acknowledged: int
    lost: int
    refused: int
    stored_though_refused: int


@dataclass(slots=True)
class Population:
    """Makes people by the actions that people use, many in one transaction."""

    database: Database
    ground: Ground
    made: int = 0
    passwords: str = field(default_factory=lambda: hash_password(PASSWORD))

    def strangers(self, number: int) -> list[Someone]:
        return [Someone("stranger") for _ in range(number)]

    def mixed(self, number: int) -> list[Someone]:
        """So many who save, score, read and sign in, all among one another."""
        counts = {kind: int(number * share) for kind, share in SHARES.items()}
        counts["save"] += number - sum(counts.values())
        groups = [self.of_kind(kind, count) for kind, count in counts.items()]
        return [each for group in groups for each in group]

    def of_kind(self, kind: str, number: int) -> list[Someone]:
        made: list[Someone] = []
        for start in range(0, number, AT_ONCE):
            made += self._make(kind, min(AT_ONCE, number - start))
        return made

    def _make(self, kind: str, number: int) -> list[Someone]:
        role = ROLE_OF[kind]
        with self.database.writing() as session:
            administrator = session.exec(
                select(RoleGrant.person_id).where(
                    col(RoleGrant.organisation_id) == self.ground.organisation_id,
                    col(RoleGrant.role) == Role.ADMINISTRATOR,
                )
            ).one()
            by = Actor(
                self.ground.organisation_id, person_id=administrator, name="Ada", roles=frozenset({Role.ADMINISTRATOR})
            )
            made = []
            for _ in range(number):
                self.made += 1
                email = f"person{self.made}@crowd.example.org"
                invited = people.invite_person(
                    session, name=f"Person {self.made}", email=email, roles={role}, settings=SETTINGS, by=by
                )
                actor = Actor(
                    self.ground.organisation_id,
                    person_id=invited.person.id,
                    name=invited.person.name,
                    roles=frozenset({role}),
                )
                token = tokens.create_own_token(
                    session, name="Tablet", scopes=actor.scopes_to_give, settings=SETTINGS, by=actor
                )
                made.append((actor, email, token.secret))
            for waiting in access.list_waiting(session, by=self.ground.lead):
                access.decide(session, request_id=waiting.request.id, confirmed=True, by=self.ground.lead)
            session.execute(
                update(Person)
                .where(col(Person.id).in_([actor.id for actor, _, _ in made]))
                .values(password_hash=self.passwords)
            )
        paths = self._paths(kind, [actor for actor, _, _ in made])
        body = {"team_id": str(self.ground.team_id), "status": "child-in-need", "age_band": "5-to-9"}
        return [
            Someone(
                kind,
                token=secret if kind != "sign-in" else "",
                email=email,
                paths=of_person,
                body=body if kind == "save" else {},
            )
            for (_, email, secret), of_person in zip(made, paths, strict=True)
        ]

    def _paths(self, kind: str, actors: Sequence[Actor]) -> list[list[str]]:
        if kind == "save":
            return [["/api/v1/case-files"] for _ in actors]
        if kind == "score":
            return [[f"/api/v1/audits/{audit}/scores/{THEMES[0]}"] for audit in self._audits_for(actors)]
        if kind == "read":
            base = f"/api/v1/rounds/{self.ground.round_id}"
            return [["/api/v1/case-files?limit=50", "/api/v1/audits?limit=50", f"{base}/report", base] for _ in actors]
        return [["/rounds", f"/rounds/{self.ground.round_id}", "/case-files"] for _ in actors]

    def _audits_for(self, auditors: Sequence[Actor]) -> list[uuid.UUID]:
        new = NewCaseFile(self.ground.team_id, CaseStatus.CHILD_IN_NEED, AgeBand.FROM_5_TO_9)
        with self.database.writing() as session:
            cases = case_files.create_case_files(session, case_files=[new for _ in auditors], by=self.ground.lead)
            allocations = [
                Allocation(case.case_file.id, auditor.id) for case, auditor in zip(cases, auditors, strict=True)
            ]
            made = allocate_many(session, round_id=self.ground.round_id, allocations=allocations, by=self.ground.lead)
            return [each.id for each in made]

    def stands(self, told: Iterable[Asked]) -> Stands:
        """Hold what is stored against what was answered."""
        saves = [each for each in told if each.mark]
        acknowledged = {each.mark for each in saves if each.status in {200, 201}}
        # What was never answered may have been done or not; what was asked again counts as its last answer says.
        unknown = {each.mark for each in saves if each.status == 0}
        refused = {each.mark for each in saves} - acknowledged - unknown
        files = {each.mark for each in saves if each.kind == "save"}
        found = self._stored_references(files)
        scored = [each for each in saves if each.kind == "score"]
        words = self._stored_words()
        # Each score takes the place of the one before it, so the last acknowledged one of each person must stand.
        last = {each.number: each.mark for each in scored if each.status == 200}
        open_ended = {each.number for each in scored if each.status == 0}
        lost = (acknowledged & files) - found
        lost |= {mark for number, mark in last.items() if number not in open_ended and mark not in words}
        return Stands(len(acknowledged), len(lost), len(refused), len(refused & (found | words)))

    def _stored_references(self, wanted: Iterable[str]) -> set[str]:
        found: set[str] = set()
        listed = list(wanted)
        with self.database.reading() as session:
            for start in range(0, len(listed), TOLD_AT_ONCE):
                part = listed[start : start + TOLD_AT_ONCE]
                found.update(session.exec(select(CaseFile.reference).where(col(CaseFile.reference).in_(part))))
        return found

    def _stored_words(self) -> set[str]:
        with self.database.reading() as session:
            return set(session.exec(select(Score.rationale).where(col(Score.rationale).startswith("Seen at visit"))))
