"""Where an auditor goes after saving, and what the page there says of what was saved."""

from collections.abc import Sequence

from api.audits.actions import ReadAudit
from api.audits.parts import audit_path_of, next_step, text_label
from api.audits.scoring.forms import SaveResult
from api.foundation.pages.forms import TypedForm
from checklists.plurals import plural
from checklists.templates.template import Theme
from models import ScoringLayout


def go_on(
    before: ReadAudit,
    found: ReadAudit,
    form: TypedForm,
    outcome: SaveResult,
    *,
    themes: Sequence[Theme],
    layout: ScoringLayout,
) -> tuple[str, str]:
    """The path to go on to after saving, and the notice there.

    `before` and `found`: the audit before and after; `themes`: those of the page.
    """
    onward = form.text("do")
    if onward == "list":
        return audit_path_of(found), still_needed(found, outcome)
    if onward == "check":
        return audit_path_of(found, "check"), still_needed(found, outcome)
    appeared = _appeared(before, found, themes)
    if appeared:
        here = form.path.removeprefix(audit_path_of(found)).strip("/")
        more = f"This page now has {'1 more question' if appeared == 1 else f'{appeared} more questions'}."
        return audit_path_of(found, here), f"Saved. {more}"
    # A theme whose questions are left is not offered at once again: its auditor has just left it so.
    saved = frozenset(each.theme.key for each in outcome.saved)
    path = next_step(found, after=themes[-1].key, answered=saved, layout=layout)
    return path, still_needed(found, outcome)


def _appeared(before: ReadAudit, found: ReadAudit, themes: Sequence[Theme]) -> int:
    """How many questions of these themes are asked now, were not before, and have no answer."""
    here = {question.key for theme in themes for question in theme.questions}
    return len(here & set(found.missing_questions) - set(before.asked.questions))


def still_needed(found: ReadAudit, outcome: SaveResult) -> str:
    """What the themes that were saved still need before the audit can be submitted; "" for nothing."""
    saved = [each.theme for each in outcome.saved]
    bare = [theme for theme in saved if found.lacking_texts(theme.key)]
    if len(bare) == 1:
        name = text_label(found.template, found.lacking_texts(bare[0].key)[0])
        needed = "a rationale" if name == "Rationale" else f"“{name}”"
        return f"Saved. “{bare[0].label}” still needs {needed} before you can submit."
    if bare:
        what = "a rationale" if found.template.is_format_1 else "a text"
        return f"Saved. {plural(len(bare), 'theme')} still need {what} before you can submit."
    unanswered = {question.key for theme in saved for question in theme.questions} & set(found.missing_questions)
    if not unanswered:
        return ""
    need = "needs" if len(unanswered) == 1 else "need"
    return f"Saved. {plural(len(unanswered), 'question')} still {need} an answer before you can submit."
