import numpy as np
import torch

from export.tasks.labelling import known_entropy, positive_weights


def test_what_is_unknown_teaches_nothing() -> None:
    targets = torch.full((1, 5), float("nan"))
    targets[0, 3] = 1.0
    logits = torch.zeros(1, 5, requires_grad=True)
    torch.autograd.backward(known_entropy(logits, targets, torch.ones(5), torch.ones(5)))
    assert logits.grad is not None
    assert torch.nonzero(logits.grad[0]).tolist() == [[3]]


def test_rare_positives_weigh_more_but_not_without_bound() -> None:
    targets = np.zeros((100, 3), dtype=np.float32)
    targets[:50, 0], targets[:10, 1], targets[:1, 2] = 1.0, 1.0, 1.0
    assert positive_weights(targets).tolist() == [1.0, 3.0, 6.0]


def test_what_is_not_known_counts_neither_way() -> None:
    targets = np.array([[1.0], [0.0], [np.nan], [np.nan]], dtype=np.float32)
    assert positive_weights(targets).tolist() == [1.0]
