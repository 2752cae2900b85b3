"""What the crew entered of how it happened and what was done, for the telephone's ten seconds; without name and number."""

from dataclasses import dataclass

from edge_app.casebook.patients import Field, Patient, Start


@dataclass(frozen=True)
class AtmistView:
    """Codes the crew chose and its own words beside them. ``injured_ms`` is when it happened."""

    start: Start | None = None
    injured_ms: int | None = None
    mechanism: tuple[str, ...] = ()
    mechanism_words: str | None = None
    injuries: tuple[str, ...] = ()
    injuries_words: str | None = None
    signs_words: str | None = None
    treatment: tuple[str, ...] = ()
    treatment_words: str | None = None


NOTHING = AtmistView()


def atmist_view(patient: Patient) -> AtmistView:
    """What the crew entered of a patient, as it is read out."""
    injured = patient.value(Field.INJURED_AT)
    return AtmistView(
        start=patient.start,
        injured_ms=None if injured is None else int(injured),
        mechanism=patient.chosen(Field.MECHANISM),
        mechanism_words=patient.value(Field.MECHANISM_WORDS),
        injuries=patient.chosen(Field.INJURIES),
        injuries_words=patient.value(Field.INJURIES_WORDS),
        signs_words=patient.value(Field.SIGNS_WORDS),
        treatment=patient.chosen(Field.TREATMENT),
        treatment_words=patient.value(Field.TREATMENT_WORDS),
    )
