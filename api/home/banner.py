"""The next first step of an empty service, above every page but the home page, so that nobody has to go back to it."""

from api.foundation.pages.home_page import first_steps
from api.foundation.pages.menu import Fragment, PageContext


def next_step(page: PageContext) -> Fragment | None:
    """The next step that this person can do."""
    if page.session is None or page.actor is None or page.path == "/" or page.actor.token_id is not None:
        return None
    steps = first_steps(page.session, by=page.actor)
    todo = next((each for each in steps if not each.is_done and each.path), None)
    if todo is None or todo.path == page.path:
        return None
    done = sum(each.is_done for each in steps)
    return Fragment("home/_next_step.html", {"next_step": todo, "steps_done": done, "steps_in_all": len(steps)})
