"""Labels of rounds where there is little room: no two are alike."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from api.reports.trends.labels import full_labels, short_labels
from models import Round


def rounds_called(*titles: str, months: tuple[int, ...] = ()) -> list[Round]:
    plan: dict[str, Any] = {"template_id": uuid4(), "template_version": 1, "organisation_id": 1}
    days = [date(2026, month, 28) for month in months or range(1, len(titles) + 1)]
    return [
        Round(title=title, period_from=day, period_to=day, due_on=day, **plan)
        for title, day in zip(titles, days, strict=True)
    ]


def test_rounds_of_one_title_are_named_with_their_period_and_at_last_their_number() -> None:
    assert full_labels(rounds_called("Spring", "Autumn")) == ["Spring", "Autumn"]
    assert full_labels(rounds_called("Audit", "Audit", "Other")) == ["Audit (Jan 2026)", "Audit (Feb 2026)", "Other"]
    assert full_labels(rounds_called("Audit", "Audit", months=(4, 4))) == [
        "Audit (Apr 2026) (1)",
        "Audit (Apr 2026) (2)",
    ]


@pytest.mark.parametrize(
    ("labels", "short"),
    [
        (["Spring round"], ["Spring round"]),
        (["Spring round", "Autumn round"], ["Spring round", "Autumn round"]),
        (
            ["Learning from case reviews: first round", "Learning from case reviews: second round"],
            ["…first round", "…second round"],
        ),
        (["A" * 40 + "1", "A" * 40 + "2"], ["1 " + "A" * 21 + "…", "2 " + "A" * 21 + "…"]),
        (["Case reviews", "Case reviews of harm"], ["Case reviews", "Case reviews of harm"]),
    ],
)
def test_short_labels_keep_what_differs(labels: list[str], short: list[str]) -> None:
    assert short_labels(labels) == short
    assert all(len(label) <= 24 for label in short)
