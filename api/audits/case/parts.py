"""The case of an audit as its pages show it."""

from api.audits.actions import ReadAudit
from api.audits.beside.section import BlankLine, Section

TITLE = "Case facts"


def case_section(found: ReadAudit) -> Section | None:
    """The facts about the case and its synopsis; None where the template asks for neither."""
    case, template = found.case, found.template
    if not case.is_asked:
        return None
    rows = [(fact.title, _choice(found, fact.key)) for fact in template.case_facts]
    blank = [BlankLine(fact.title, [choice.label for choice in fact.offered]) for fact in template.case_facts]
    if template.further.synopsis:
        rows.append(("Synopsis", case.synopsis))
        blank.append(BlankLine("Synopsis, 150 words or fewer"))
    missing = len(case.missing)
    total = len(template.case_facts)
    return Section(
        key="case-facts",
        title=TITLE,
        rows=[row for row in rows if row[1]],
        blank=blank,
        path=f"/audits/{found.audit.id}/case",
        status=f"{total - missing} of {total} answered"
        if missing
        else "Answered"
        if total
        else _written(case.synopsis),
        hint=", ".join(fact.title for fact in template.case_facts[:4]) or "A short summary of the case",
        is_needed=bool(missing),
        is_begun=bool(case.version),
    )


def _choice(found: ReadAudit, key: str) -> str:
    choice = found.case.facts.get(key)
    if choice is None:
        return ""
    label = found.template.fact(key).label_of(choice)
    return f"{label} (from the case list)" if found.case.is_filled(key) else label


def _written(text: str) -> str:
    return "Written" if text else "Optional"
