"""Measures of agreement as cells: the value, and its interval."""

from api.documents.document import Cell, decimal, percent, text
from api.reports.gaps.columns import interval
from checklists.reliability.agreement import AgreementState, Coefficient


def value_of(found: Coefficient) -> Cell:
    """The value: a share in percent, anything else with two decimals."""
    if found.value is None:
        return text("Not defined" if found.state is AgreementState.NO_VARIATION else "–")
    return percent(found.value) if found.measure.is_share else decimal(found.value)


def ends_of(found: Coefficient) -> str:
    """The ends of its interval, "" where it has none."""
    if found.interval is None:
        return ""
    if found.measure.is_share:
        return interval(found.interval)
    return " to ".join(decimal(end).text for end in found.interval)


def value_with_interval(found: Coefficient | None) -> Cell:
    """The value, with its interval in brackets."""
    if found is None or found.state is AgreementState.NO_DATA:
        return text("–")
    value, ends = value_of(found), ends_of(found)
    return text(f"{value.text} ({ends})") if ends else value
