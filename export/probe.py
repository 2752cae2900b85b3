"""The last layer of a ``ProbedNetwork``, found exactly: logistic regression on the features of every changed picture of the epochs.

An optimiser that takes a few hundred steps stops far from where this ends. What an epoch gave is kept, so a run that is killed goes on.
"""

import warnings

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from edge_app.progress import followed
from edge_app.reading.card import sha256_of
from export.architectures.located import MAP_STRIDE
from export.architectures.probed import ProbedNetwork
from export.atomic import replacing
from export.batches import Epoch, drawn
from export.datasets.kept import kept_floats
from export.machine import Machine
from export.recipe import Stage
from export.tasks.probing import Probing, ProbingLesson
from export.tasks.running import normalised
from export.train import Trainer, fingerprint_of
from export.workplace import Workplace

_MOST_ROUNDS = 5000
_LEAST_SPREAD = 3e-3
Floats = NDArray[np.float32]


def _features(place: Workplace, lesson: ProbingLesson, network: ProbedNetwork, machine: Machine, number: int, stage: Stage) -> Floats:
    """(pictures, features + labels) of one epoch: what the last layer goes by, then what is known, NaN where nothing is."""
    order = drawn(lesson.pictures, place.recipe, stage.pictures, np.random.default_rng([place.training_seed, number]))
    epoch = Epoch(order, stage.batch, (place.training_seed, number))
    rows = []
    for batch in followed(epoch.ahead(lesson), f"{place.name}: batches of epoch {number + 1} seen", epoch.batches):
        pictures = machine.sent(normalised(batch.pictures, place.recipe))
        with torch.no_grad(), machine.autocast():
            told = network.told(pictures).cpu().numpy()
        rows.append(np.concatenate([told, batch.targets[:, : len(lesson.names)]], 1))
    return np.concatenate(rows)


def fitted(features: Floats, labels: Floats, penalty: float) -> tuple[NDArray[np.float64], float]:
    """The weights (features,) and the bias of one label from (pictures, features) of one scale and (pictures,) 0, 1 or NaN.

    Both classes count alike, whatever their number. ``penalty`` is of the weights' squares against the mean loss. Nothing is told where one
    class is missing.
    """
    known = np.isfinite(labels)
    truth = labels[known] >= 0.5
    if truth.all() or not truth.any():
        return np.zeros(features.shape[1]), 0.0
    model = LogisticRegression(C=1.0 / (penalty * len(truth)), class_weight="balanced", max_iter=_MOST_ROUNDS)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        model.fit(features[known].astype(np.float64), truth)
    return np.asarray(model.coef_[0]), float(model.intercept_[0])


def probe(place: Workplace, machine: Machine) -> None:
    """Fit the last layer and write the network, as ``train`` does for networks that are learnt as a whole.

    Raises:
        NotTrainedError: the network whose features it looks at was not trained.
    """
    task = place.recipe.task
    assert isinstance(task, Probing)  # noqa: S101  (asked for by its task)
    place.require(place.start)
    place.folder.mkdir(parents=True, exist_ok=True)
    place.write_manifest()
    network = Trainer.begin(place, machine).model
    assert isinstance(network, ProbedNetwork)  # noqa: S101  (its task's own)
    network.eval()
    # As the network that ships looks.
    network.both_ways = True
    lesson = task.lesson(place)
    facts = f"{fingerprint_of(place, machine)} {machine.bf16}" + (f" {sha256_of(place.start)}" if place.start else "")
    found: list[Floats] = []
    number = 0
    for stage in place.recipe.stages:
        lesson.prepare(stage)
        for _ in range(stage.epochs):
            columns = network.told_by + len(task.names)

            def made(number: int = number, stage: Stage = stage) -> Floats:
                return _features(place, lesson, network, machine, number, stage)

            found.append(kept_floats("features", f"{facts} {number}", place.cache, made).reshape(-1, columns))
            number += 1
    rows = np.concatenate(found)
    features, labels = rows[:, : network.told_by], rows[:, network.told_by :]
    seen = np.isfinite(labels).any(1)
    own = features[seen] if seen.any() else features
    mean, spread = own.mean(0), own.std(0) + _LEAST_SPREAD
    weights = [fitted((features - mean) / spread, column, task.penalty) for column in labels.T]
    with torch.no_grad():
        fit = np.stack([weight for weight, _ in weights]), np.array([bias for _, bias in weights])
        network.take(mean, spread, *fit, place.recipe.input.height // MAP_STRIDE)
    with replacing(place.weights) as temporary:
        torch.save(network.state_dict(), temporary)
    print(f"{place.name}: {len(network.state_dict())} tensors, the last layer from {int(seen.sum())} changed pictures", flush=True)
