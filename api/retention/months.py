"""A number of months in words."""

from checklists.plurals import plural


def in_words(months: int) -> str:
    """3 years; 1 year; 18 months."""
    number, unit = (months // 12, "year") if months % 12 == 0 else (months, "month")
    return plural(number, unit)
