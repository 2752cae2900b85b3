from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from edge_app.reading.finding import Box
from export.datasets.labelled import Labelled
from export.gan.place import GanPlace
from export.gan.train import train
from export.machine import Machine
from export.workplace import MODELS


@pytest.fixture(scope="session")
def lungs_everywhere() -> Iterator[None]:
    """The made-up pictures are no chests; their lungs are said to lie where a blob can be."""

    def boxes(pictures: Sequence[Labelled], _models: Path, _folder: Path) -> list[Box | None]:
        return [Box(4.0, 6.0, 52.0, 60.0) for _ in pictures]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("export.gan.pictures.lung_boxes", boxes)
        yield


@pytest.fixture(scope="session")
def trained(lungs_everywhere: None, made_up_data: Path, tmp_path_factory: pytest.TempPathFactory) -> GanPlace:
    """A run of the small budget that was never interrupted."""
    place = GanPlace.of(tmp_path_factory.mktemp("gan"), made_up_data, 1, MODELS, small=True)
    train(place, Machine.here("fp32"))
    return place
