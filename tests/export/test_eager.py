"""A recipe's network is timed only where it is the one in the model's folder."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
import torch

from edge_app.errors import ModelError
from edge_app.reading.card import FP32_MODEL, Card, Input
from export.eager import EagerRunner
from export.tasks.labelling import Labelling

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

TASK = Labelling(("one", "two"))
CARD = Card(
    name="small", version="1", title="small", input=Input(height=64, width=64, mean=0.5, std=0.25), labels=TASK.labels,
    trained_on=(), validated_on=(), fidelity=(), golden=(), limits="for tests", files={},
)  # fmt: skip


@pytest.fixture(autouse=True)
def recipes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("export.eager.recipes", lambda: {"small": SimpleNamespace(task=TASK, width=4)})


def reference(folder: Path, width: int = 4, side: int = 64) -> None:
    """A network of the recipe's kind as it is exported."""
    program = torch.onnx.export(TASK.network(width).eval(), (torch.zeros(1, 1, side, side),), dynamo=True, verbose=False)
    assert program is not None
    onnx.save(program.model_proto, str(folder / FP32_MODEL))


def test_it_answers_as_the_recipes_code_does(tmp_path: Path) -> None:
    reference(tmp_path)
    threads = torch.get_num_threads()
    try:
        runner = EagerRunner(tmp_path, CARD, 1)
        assert torch.get_num_threads() == 1
        logits, activation = runner.run(np.zeros((1, 1, 64, 64), dtype=np.float32))
    finally:
        torch.set_num_threads(threads)
    assert activation is not None
    assert (logits.shape, activation.shape) == ((1, 2), (1, 2, 2, 2))
    assert np.allclose(logits, activation.mean((2, 3)), atol=1e-5)


def test_a_network_that_is_not_the_models_is_not_timed(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no recipe makes it"):
        EagerRunner(tmp_path, CARD.model_copy(update={"name": "other"}), 1)
    with pytest.raises(ModelError, match=r"no reference_fp32\.onnx"):
        EagerRunner(tmp_path, CARD, 1)
    for other in ({"width": 5}, {"side": 96}):
        reference(tmp_path, **other)
        with pytest.raises(ModelError, match="another network"):
            EagerRunner(tmp_path, CARD, 1)
