"""What samples add to the pages of a round: the step of drawing one, the list of samples, and the size of the first."""

from sqlmodel import Session

from api.case_lists import actions as case_lists
from api.foundation.local_time import day_in_words
from api.foundation.pages.forms import TypedForm
from api.foundation.pages.menu import Fragment
from api.foundation.permissions import Actor, Permission
from api.rounds.hooks import Field, ShownRound, Step
from api.sampling import actions
from checklists.plurals import plural
from models import RoundState


def drawing(seen: ShownRound) -> Step | None:
    """The step of drawing a sample, for a planned round that has neither a sample nor an audit."""
    if seen.round.state is not RoundState.PLANNED or seen.progress.allocated:
        return None
    if actions.samples_of_round(seen.session, round_id=seen.round.id, by=seen.actor):
        return None
    return Step("Draw a sample", f"/rounds/{seen.round.id}/samples/new", 10, is_due=True)


def size_field(session: Session, by: Actor) -> Field | None:
    """The number of cases to draw for a new round, where there is a case list and the person may draw from it."""
    if not (by.may(Permission.ALLOCATE_AUDITS) and by.may(Permission.WRITE_CASE_FILES)):
        return None
    newest = next(iter(case_lists.list_case_lists(session, by=by, limit=1)), None)
    if newest is None:
        return None
    hint = (
        f"Optional. From the case list of {day_in_words(newest.listed_on)}, which has {plural(newest.cases, 'case')}. "
        "You check and can change the sample before it is drawn."
    )
    return Field("sample_size", "Number of cases to sample", hint)


def path_with_size(form: TypedForm) -> str:
    """The page that previews a sample of the typed size; "" without one."""
    size = form.whole_number(
        "sample_size", "Number of cases to sample", least=1, most=case_lists.MOST_CASES, needed=False
    )
    return "" if size is None else f"samples/new?size={size}"


def samples(seen: ShownRound) -> Fragment:
    """The samples of the round."""
    return Fragment(
        "sampling/_of_round.html",
        {
            "round_id": seen.round.id,
            "samples": actions.samples_of_round(seen.session, round_id=seen.round.id, by=seen.actor),
            "is_open": seen.round.state is not RoundState.CLOSED,
        },
    )
