"""Possible inconsistencies of an audit as its pages show them: by kind, each with a link to the field to correct."""

from dataclasses import dataclass

from api.audits.actions import ReadAudit
from api.audits.consistency.queries import findings_of
from api.audits.parts import audit_path_of
from checklists.audits.audit_states import SUBMITTED_STATES
from checklists.audits.consistency import Finding, FindingKind


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A possible inconsistency, and links to its places: the path, and the text of the link."""

    sentence: str
    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShownKind:
    label: str
    findings: tuple[ShownFinding, ...]


def errors_to_fix(found: ReadAudit) -> list[ShownKind]:
    """For the auditor before submission: each finding with a link to the field to correct."""
    return _by_kind(found, mends=True)


def contradicts_itself(found: ReadAudit) -> bool:
    """Whether answers or texts of an audit do not go together."""
    return any(finding.kind.contradicts for finding in findings_of(found))


def points_to_consider(found: ReadAudit) -> list[ShownKind]:
    """For people who check a submitted audit: each finding with a link to the theme."""
    if found.audit.state not in SUBMITTED_STATES:
        return []
    return _by_kind(found, mends=False)


def _by_kind(found: ReadAudit, *, mends: bool) -> list[ShownKind]:
    kinds: dict[FindingKind, list[ShownFinding]] = {}
    for finding in findings_of(found):
        # What blocks submission is reported there.
        if not finding.kind.blocks:
            shown = ShownFinding(finding.sentence, tuple(_links(found, finding, mends=mends)))
            kinds.setdefault(finding.kind, []).append(shown)
    return [ShownKind(kind.label, tuple(each)) for kind, each in kinds.items()]


def _links(found: ReadAudit, finding: Finding, *, mends: bool) -> list[tuple[str, str]]:
    if not finding.themes:
        return [(f"{audit_path_of(found, 'check')}#{finding.fields[0]}", "Overall judgement")] if mends else []
    return [
        (
            f"{audit_path_of(found, 'themes', theme)}?from=check#{field}" if mends else f"#theme-{theme}",
            found.template.theme(theme).label,
        )
        for theme, field in zip(finding.themes, finding.fields, strict=True)
    ]
