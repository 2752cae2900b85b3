"""A picture is called unlike where its distance is beyond nearly all that patients of the same sources have."""

from pathlib import Path

import numpy as np
import pytest

from edge_app.reading.card import UNLIKE, UNLIKE_FROM
from export.evaluation.scaling import calibrated
from export.likeness import judge_likeness
from export.tasks.labelling import Labelling
from tests.export.evaluation.made_up import answers, picture, workplace


def test_one_in_a_hundred_of_the_own_patients_is_called_unlike_and_nearly_all_strangers_are(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    own = tuple(picture(at) for at in range(1000))
    strangers = tuple(picture(at, source="elsewhere") for at in range(1000, 1100))
    drawn = tuple(picture(at, source="drawn", simulated=True) for at in range(1100, 1150))
    distances = np.concatenate([random.normal(2.0, 0.3, 1000), random.normal(5.0, 0.3, 100), random.normal(9.0, 0.1, 50)])
    # The distance is the last of the logits, whatever stands before it.
    logits = np.stack([random.normal(size=1150), distances], axis=1)
    found = judge_likeness(workplace(tmp_path, Labelling(("Mass",))), answers((*own, *strangers, *drawn), logits))
    by_source = {of.source: of for of in found.by_source}
    assert by_source["here"].pictures == 1000
    assert 4 <= by_source["here"].unlike <= 18
    assert by_source["elsewhere"].unlike == 100
    assert (by_source["elsewhere"].simulated, by_source["drawn"].simulated) == (False, True)
    assert found.output.name == UNLIKE
    told = calibrated([found.output], distances[:, None])[:, 0] >= UNLIKE_FROM
    assert told[:1000].mean() == pytest.approx(0.01, abs=0.002)
    assert told[1000:].all()


def test_without_pictures_to_judge_by_nothing_is_called_on_a_guess(tmp_path: Path) -> None:
    drawn = tuple(picture(at, source="drawn", simulated=True) for at in range(5))
    found = judge_likeness(workplace(tmp_path, Labelling(("Mass",))), answers(drawn, np.zeros((5, 2))))
    assert (found.by_source[0].pictures, found.by_source[0].unlike) == (5, 0)
