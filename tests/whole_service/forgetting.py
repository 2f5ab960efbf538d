"""Row-level security put to the test: the condition on the organisation is taken out of every statement."""

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine, event, text
from sqlalchemy.exc import MultipleResultsFound

from models.storage import row_security
from models.storage.database import Database
from tests.thorough import part_of
from tests.whole_service.matrix import CANARY, RouteRule, Stage, rules

# `audit.organisation_id = %(organisation_id_1)s::INTEGER`, also of the organisation itself.
OWN = re.compile(r"((?:\w+\.)?organisation_id|organisation\.id) = (%\(\w+\)s(?:::INTEGER)?)")
# The same without the organisation itself, of which a report that finds two fails at once.
OF_ROWS = re.compile(r"((?:\w+\.)?organisation_id) = (%\(\w+\)s(?:::INTEGER)?)")


def separate(owner: Database, role: str) -> None:
    """Give the service a role of its own that owns nothing, and switch row-level security on."""
    with owner.engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN"))
        connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"))
        connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"))
        row_security.switch_on(connection)


def forget_organisations(engine: Engine, condition: re.Pattern[str] = OWN) -> None:
    """Take the condition on the organisation out of every statement of this engine."""

    def forget(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> tuple[str, Any]:
        return condition.sub(r"(\1 = \2 OR true)", statement), parameters

    event.listen(engine, "before_cursor_execute", forget, retval=True)


def answers_with_words_of_another(
    stage: Stage, *, one_in: Callable[[RouteRule], int] = lambda _: 6
) -> tuple[int, list[str]]:
    """How many pages and lists were asked for, and which of them had a word of the other council.

    `one_in`: of how many routes like this one one is asked; 0 for none.
    """
    asked, telling = 0, []
    for rule in filter(one_in, rules().values()):
        # A public page is asked for by nobody, and sees the organisations that it may serve.
        if not rule.route.startswith("GET ") or rule.stops_at_the_door("every-role") or rule.permission == "public":
            continue
        for thing in stage.things(rule.thing, "every-role")[:1]:
            for _ in part_of([thing], one_in=one_in(rule), of=f"row-level security {rule.route}"):
                asked += 1
                # A query for one row that finds two fails, and tells nobody anything.
                with suppress(MultipleResultsFound):
                    answer = stage.ask("every-role", rule.route, thing, rule.permission)
                    if CANARY in f"{answer.headers} {answer.text}".lower():
                        telling.append(rule.route)
    return asked, telling
