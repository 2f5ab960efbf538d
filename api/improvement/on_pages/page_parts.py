"""What actions add to the pages of an audit (beside its themes, at the check, on its own page) and of reports."""

from typing import Final

from api.audits.actions import ReadAudit
from api.audits.hooks import ShownAudit
from api.foundation.pages.menu import Fragment, PageContext
from api.foundation.permissions import Actor
from api.foundation.problems import is_allowed
from api.improvement import rules
from api.improvement.child_level.actions import themes_without_action
from api.improvement.queries import actions_of_audit
from models import ActionState

STATE_COLOURS: Final = {
    ActionState.PROPOSED: "grey",
    ActionState.AGREED: "blue",
    ActionState.IN_PROGRESS: "yellow",
    ActionState.DONE: "purple",
    ActionState.IMPACT_SHOWN: "green",
    ActionState.NO_IMPACT: "orange",
    ActionState.NOT_PURSUED: "grey",
}


def beside_answers(page: PageContext) -> Fragment | None:
    """On the pages of a theme, of the check and of moderation: the child-level actions, and a way to propose one."""
    found = page.context.get("found")
    if page.session is None or page.actor is None or not isinstance(found, ReadAudit):
        return None
    own = f"/audits/{found.audit.id}"
    place, _, theme = page.path.removeprefix(own).strip("/").partition("/")
    if not page.path.startswith(own) or place not in {"themes", "check", "moderation"}:
        return None
    if not is_allowed(rules.check_can_propose_for_child, page.actor, found.audit):
        return None
    theme = theme if place == "themes" and found.template.has_theme(theme) else ""
    actions = [
        each
        for each in actions_of_audit(page.session, page.actor, found.audit.id)
        if each.action.state is not ActionState.NOT_PURSUED and (not theme or each.action.themes == theme)
    ]
    asked = []
    if place == "check":
        lowest = _at_the_lowest_grade(found)
        missing = themes_without_action(page.session, audit_id=found.audit.id, lowest=lowest, by=page.actor)
        asked = [found.template.theme(key) for key in missing]
    return Fragment(
        "improvement/child_level/_beside.html",
        {
            "audit_path": own,
            "actions": actions,
            "theme": theme,
            "asked": asked,
            "colours": STATE_COLOURS,
            "subject": found.template.own_words.subject,
            "verb": _verb(page.actor, found),
        },
    )


def of_audit(seen: ShownAudit) -> Fragment | None:
    """The child-level actions of an audit, on its page."""
    actions = actions_of_audit(seen.session, seen.actor, seen.found.audit.id)
    may_propose = is_allowed(rules.check_can_propose_for_child, seen.actor, seen.found.audit)
    if not actions and not may_propose:
        return None
    return Fragment(
        "improvement/child_level/_of_audit.html",
        {
            "audit_path": f"/audits/{seen.found.audit.id}",
            "actions": actions,
            "may_propose": may_propose,
            "colours": STATE_COLOURS,
            "subject": seen.found.template.own_words.subject,
            "verb": _verb(seen.actor, seen.found),
        },
    )


def _verb(by: Actor, found: ReadAudit) -> str:
    """What this person does with a new action: the form that the link opens says the same."""
    return "Add" if rules.adds_live_actions(by, found.audit) else "Propose"


def _at_the_lowest_grade(found: ReadAudit) -> list[str]:
    """The themes whose answer is the lowest rating of the template's scale."""
    if not found.template.graded:
        return []
    lowest = found.template.scale.ratings[-1].key
    return [key for key, score in found.scores.items() if score.answer == lowest]


def on_reports(page: PageContext) -> Fragment | None:
    """The button for planning an action: on a round's report, on the answers behind a figure, on a written finding, and
    on the pack for a team's discussion, for what the team decided.
    """
    parts = page.path.strip("/").split("/")
    if page.actor is None or len(parts) not in {3, 4} or not is_allowed(rules.check_can_plan, page.actor):
        return None
    if len(parts) == 4:
        if (parts[0], parts[2]) != ("rounds", "written-findings") or page.context.get("found") is None:
            return None
        path = f"/actions/new?cause=other&round={parts[1]}&finding={parts[3]}"
        return Fragment("improvement/_plan.html", {"plan_path": path})
    themes: list[str] = []
    if parts[0] == "rounds" and parts[2] in {"report", "answers"}:
        round_id = parts[1]
        theme = getattr(page.context.get("theme"), "key", "") if parts[2] == "answers" else ""
        themes = [theme] if theme else []
    elif parts[0] == "snapshots" and parts[2] == "discussion" and "widest" in page.context:
        round_id, themes = str(page.context["round_id"]), list(page.context["widest"])
    else:
        return None
    path = f"/actions/new?cause=gap&round={round_id}" + "".join(f"&theme={theme}" for theme in themes)
    return Fragment("improvement/_plan.html", {"plan_path": path})
