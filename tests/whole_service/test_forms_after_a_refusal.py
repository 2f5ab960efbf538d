"""Every form of every page after a refusal: what was typed is there, and it can be sent again without harm."""

import html
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from models.storage.slots import Busy
from tests.page_forms import SeenForm, SeenPage
from tests.thorough import many, part_of
from tests.whole_service.council import Thing
from tests.whole_service.matrix import Stage, is_feed, rules

WHO = "every-role"
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OF_NOBODY = "999"
# It signs out, and another is for a code of a second factor.
NOT_TYPED = ("/sign-", "/account/second-factor", "/link/")
# Sensitive terms are never shown again.
NEVER_SHOWN = {"terms"}
# Themes have versions of their own; the others show anew all that their version is of, beside the fault.
OTHER_VERSIONS = ("/audits/{}/whole", "/audits/{}/check", "/rounds/{}/allocate")


@dataclass(frozen=True, slots=True)
class FoundForm:
    page: str
    form: SeenForm

    @property
    def kind(self) -> str:
        """The address without what it is about."""
        return UUID.sub("{}", self.form.action)

    @property
    def words(self) -> dict[str, str]:
        """Something to type into each field for words."""
        return {name: f"Typed in field {place} of it" for place, name in enumerate(self.form.typed)}

    @property
    def filled(self) -> dict[str, str]:
        return {**self.form.fields, **self.words}


def pages_of(stage: Stage) -> Iterator[tuple[str, Thing]]:
    """One page of each route that shows one, in each state of what it is about."""
    for route, rule in rules().items():
        if not route.startswith("GET /") or route.startswith("GET /api/") or is_feed(route):
            continue
        states: dict[tuple[str, ...], Thing] = {}
        for thing in stage.things(rule.thing, WHO):
            if rule.expected(WHO, thing.state) == rule.usual:
                states.setdefault(thing.state, thing)
        yield from ((route, thing) for thing in part_of(states.values(), one_in=8, of=f"forms of {route}"))


@pytest.fixture(scope="module")
def found_forms(stage: Stage) -> list[FoundForm]:
    found: dict[tuple[str, ...], FoundForm] = {}
    for route, thing in pages_of(stage):
        answer = stage.ask(WHO, route, thing)
        if answer.status_code != 200 or "html" not in answer.headers["content-type"]:
            continue
        page = answer.request.url.path
        for form in SeenPage(answer).forms:
            it = FoundForm(page, replace(form, action=form.action or page))
            if form.is_sent and not it.kind.startswith(NOT_TYPED):
                found.setdefault((it.kind, *sorted(form.fields)), it)
    return list(found.values())


@contextmanager
def a_busy_writer(stage: Stage) -> Iterator[None]:
    @contextmanager
    def busy() -> Iterator[Any]:
        raise Busy("writer")
        yield

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage.rehearsal, "writing_in_held_slot", busy)
        yield


def lost_words(stage: Stage, form: FoundForm, action: str, sent: dict[str, str], who: str = WHO) -> list[str]:
    """The fields whose words are not on the page of a refusal."""
    answer = stage.client(who).post(action, data=sent)
    if answer.status_code < 400:
        return []
    shown = " ".join(html.unescape(answer.text).split())
    return [name for name, words in form.words.items() if words not in shown and name not in NEVER_SHOWN]


REFUSALS: dict[str, Callable[[FoundForm], tuple[str, dict[str, str], str]]] = {
    "an identifier in it": lambda it: (
        it.form.action,
        {**it.filled, **{name: f"{words} 943 476 5919" for name, words in it.words.items()}},
        WHO,
    ),
    "changed by somebody else": lambda it: (it.form.action, {**it.filled, "version": OF_NOBODY}, WHO),
    "deleted meanwhile": lambda it: (UUID.sub(lambda _: str(uuid.uuid4()), it.form.action), it.filled, WHO),
    "a role taken away meanwhile": lambda it: (it.form.action, it.filled, "agency-auditor"),
    "a character that cannot be stored": lambda it: (it.form.action, {**it.filled, "odd": "\x00"}, WHO),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_was_typed_is_on_the_page_of_every_refusal(
    stage: Stage, found_forms: list[FoundForm], refusal: str
) -> None:
    lost = {}
    for form in found_forms:
        if form.words:
            action, sent, who = REFUSALS[refusal](form)
            lost[form.kind] = lost_words(stage, form, action, sent, who)
    assert {kind: names for kind, names in lost.items() if names} == {}
    assert len(lost) >= many(5, thorough=50)


def test_a_form_that_could_not_be_saved_for_the_moment_is_sent_again_with_one_button(
    stage: Stage, found_forms: list[FoundForm]
) -> None:
    tried = 0
    for form in found_forms:
        with a_busy_writer(stage):
            answer = stage.client(WHO).post(form.form.action, data=form.filled)
        # A password is not kept, so that form is filled in again.
        if answer.status_code == 503 and not any("password" in name for name in form.filled):
            tried += 1
            again = [each.fields for each in SeenPage(answer).forms if each.action == form.form.action]
            assert again == [form.filled], form.kind
    assert tried >= many(5, thorough=50)


def test_a_change_that_was_not_seen_is_never_overwritten_and_one_that_was_told_of_can_be(
    stage: Stage, found_forms: list[FoundForm]
) -> None:
    """After "somebody changed it" the page has the stored version; after any other refusal the one that was sent."""
    tried = 0
    for form in found_forms:
        if "version" not in form.form.fields or form.kind.startswith(OTHER_VERSIONS):
            continue
        for sent in (form.filled, {**form.filled, **dict.fromkeys(form.form.typed, "x" * 30_000)}):
            answer = stage.client(WHO).post(form.form.action, data={**sent, "version": OF_NOBODY})
            is_told = answer.status_code == 412
            for again in SeenPage(answer).forms:
                if (again.action or form.page) == form.form.action and (is_told or answer.status_code == 422):
                    tried += 1
                    assert (again.fields["version"] == OF_NOBODY) is not is_told, (form.kind, answer.status_code)
    assert tried >= many(5, thorough=50)
