"""The states of joint audits have a label for people."""

from checklists.joint.states import ChronologyKind, JointCaseState, JointRoundState, PartState


def test_every_state_has_words() -> None:
    assert [each.label for each in JointRoundState] == ["Planned", "Open", "Closed"]
    assert [each.label for each in JointCaseState] == ["Waiting for agencies", "Panel open", "Finished"]
    assert [each.label for each in PartState] == ["Not returned yet", "Returned", "Not returned"]
    assert [each.label for each in ChronologyKind] == [
        "Contact",
        "Referral",
        "Visit",
        "Assessment",
        "Meeting or conference",
        "Incident",
        "Health appointment",
        "School or nursery",
        "Other",
    ]
