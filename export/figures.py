"""What evaluation found out about a model, as it goes on to packaging and the report."""

from pydantic import BaseModel, ConfigDict

from edge_app.reading.card import Fidelity, Label


class SourceFigures(BaseModel):
    """How a model does on the validation pictures of one source alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    trained_on: bool
    label: str
    positives: int
    negatives: int
    auroc: float | None
    mean_probability: float
    called: int
    """How many pictures of known truth lie at or above the label's threshold."""


class Figures(BaseModel):
    """Everything the card says about validation. ``by_source`` holds what is only in the report."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    labels: tuple[Label, ...]
    fidelity: tuple[Fidelity, ...]
    by_source: tuple[SourceFigures, ...]
    validation_pictures: dict[str, int]
    training_pictures: dict[str, int]
