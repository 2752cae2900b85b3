"""What a decision says in one word, and that nothing undecided reads like nothing found."""

from edge_app.emergency_room.console.words import Matter, matter_of
from edge_app.link.decision import FindingLine
from edge_app.reading.finding import Decision
from tests.edge_app.emergency_room.builders import decision, measured, nothing_found, refused


def line(name: str, said: Decision, permille: int) -> FindingLine:
    return FindingLine(name=name, permille=permille, threshold_permille=400, decision=said, positives=50, validated=True)


def test_the_strongest_word_decides() -> None:
    present, called, below = (
        line(*own) for own in (("Mass", Decision.PRESENT, 700), ("Edema", Decision.UNCERTAIN, 450), ("Hernia", Decision.UNCERTAIN, 200))
    )
    assert matter_of(decision(findings=(below, called, present))) is Matter.SUSPECTED
    assert matter_of(decision(findings=(below, called))) is Matter.UNCERTAIN
    assert matter_of(decision(findings=(below,))) is Matter.NOT_EXCLUDED
    assert matter_of(nothing_found(absent=10, undecided=4)) is Matter.NOT_EXCLUDED
    assert matter_of(nothing_found(absent=0, undecided=14)) is Matter.NOT_EXCLUDED
    assert matter_of(nothing_found(more=1)) is Matter.UNCERTAIN
    assert matter_of(nothing_found()) is Matter.NOTHING_FOUND
    assert matter_of(nothing_found(absent=0)) is Matter.UNREAD
    assert matter_of(refused()) is Matter.UNREAD
    assert matter_of(measured()) is Matter.MEASURED
    assert matter_of(measured(measures=())) is Matter.UNREAD
    assert matter_of(measured(findings=(present,))) is Matter.SUSPECTED
