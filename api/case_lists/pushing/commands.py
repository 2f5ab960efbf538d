"""The command that sends a case list to the service. Slow modules are imported when it runs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.case_lists.terminal import (
    ServiceAddress,
    Template,
    TokenFile,
    reporting_errors,
    say,
    service_of,
    tell,
    words_of,
)
from checklists.plurals import plural

if TYPE_CHECKING:
    from api.case_lists.pushing.sending import Effect, Taken
    from checklists.case_list import CaseList


def push(
    case_list: Annotated[Path, typer.Argument(help="A case list that caseaudit pseudonymise wrote. Nothing else.")],
    service: ServiceAddress,
    token_file: TokenFile = None,
    create_teams: Annotated[
        bool, typer.Option("--create-teams", help="Create a team for each name that no active team has.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask the service what importing the list would do, and import nothing.")
    ] = False,
    template: Template = None,
) -> None:
    """Send a case list to the service. Sending it again, after any interruption, imports it once."""
    with reporting_errors():
        from api.case_lists.pushing.sending import body_of, find_taken, preview, send
        from api.foundation.outgoing.service import ServiceRefused

        content = _read(case_list, template)
        asked = service_of(service, token_file)
        try:
            taken = find_taken(asked, content)
            if taken is None and dry_run:
                _tell_effect(preview(asked, body_of(content)), create_teams=create_teams)
                return
            _tell_taken(taken or send(asked, content, body_of(content, create_teams=create_teams)))
        except ServiceRefused as refused:
            _say_faults(refused.faults, content)
            raise


def _read(file: Path, template: Path | None) -> "CaseList":
    """The list. Raises UnreadableError for what is no case list, such as an export with names in it."""
    from api.case_lists.pseudonyms.list_file import LARGEST_BYTES, ListFileError, looks_like_case_list, read_case_list
    from api.documents.reading.refusals import UnreadableError
    from checklists.cases import CHILDRENS_WORDS, joined_words

    with file.open("rb") as opened:
        content = opened.read(LARGEST_BYTES + 1)
    if not looks_like_case_list(content):
        raise UnreadableError(f"{file} is not a case list, and was not sent. Make one with caseaudit pseudonymise.")
    try:
        return read_case_list(content, joined_words([words_of(template), CHILDRENS_WORDS]))
    except ListFileError as refused:
        for fault in refused.faults:
            say(f"Line {fault.line}{fault.column and f', {fault.column}'}: {fault.words}")
        more = f" And {plural(refused.more, 'more fault')}." if refused.more else ""
        raise UnreadableError(f"{file} was not sent.{more}") from None


def _tell_taken(taken: "Taken") -> None:
    if taken.was_there:
        tell(f"The service has this list already, with {taken.cases:,} cases. Nothing was imported twice.")
    else:
        tell(f"The list was imported: {taken.cases:,} cases, {taken.new:,} of them new.")


def _tell_effect(effect: "Effect", *, create_teams: bool) -> None:
    tell(
        f"Importing this list would add {effect.new:,} cases and change {effect.changed:,}. {effect.same:,} are the "
        f"same, and {effect.absent:,} open cases of earlier lists are not in it. Nothing was imported."
    )
    for name, cases in effect.unknown_teams.items():
        what = "would be created" if create_teams else "is no active team: use --create-teams, or add it"
        tell(f"  {name} ({cases:,}): {what}")


def _say_faults(faults: Sequence[tuple[str, str]], case_list: "CaseList") -> None:
    for pointer, words in faults:
        _, *parts = pointer.split("/")
        if len(parts) == 3 and parts[0] == "cases" and parts[1].isdecimal() and int(parts[1]) < len(case_list.cases):
            team = f", team {case_list.cases[int(parts[1])].team}" if parts[2] == "team" else f", {parts[2]}"
            say(f"Line {int(parts[1]) + 2}{team}: {words}")
        else:
            say(words)
