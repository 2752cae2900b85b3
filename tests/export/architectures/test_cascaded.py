"""A picture's renderings fused, what is clear outlined first: each step can be left out, and what is learnt of one stays its own."""

import numpy as np
import onnxruntime
import pytest
import torch

from edge_app.reading.renderings import RENDERINGS
from export.architectures.cascaded import CascadedOutliner, Fusion
from export.architectures.outliner import Outliner

CHANNELS = len(RENDERINGS)
WIDTH, STRUCTURES, CLEAR = 8, 6, 2


def cascaded(*, clear: int = CLEAR, rendered: bool = True) -> CascadedOutliner:
    torch.manual_seed(1)
    return CascadedOutliner(WIDTH, STRUCTURES, clear=clear, rendered=rendered).eval()


@pytest.mark.parametrize(("clear", "rendered"), [(0, False), (2, False), (0, True), (2, True), (5, True)])
@torch.no_grad()
def test_it_outlines_every_structure_at_half_the_size(clear: int, rendered: bool) -> None:
    shares, outlined = cascaded(clear=clear, rendered=rendered)(torch.randn(2, CHANNELS if rendered else 1, 64, 96))
    assert (shares.shape, outlined.shape) == ((2, STRUCTURES), (2, STRUCTURES, 32, 48))
    assert torch.allclose(torch.sigmoid(shares), torch.sigmoid(outlined).mean((2, 3)), atol=1e-5)


@torch.no_grad()
def test_with_both_steps_left_out_it_is_the_plain_outliner() -> None:
    plain, own = Outliner(WIDTH, STRUCTURES).eval(), cascaded(clear=0, rendered=False)
    assert own.state_dict().keys() == plain.state_dict().keys()
    plain.load_state_dict(own.state_dict())
    picture = torch.randn(1, 1, 64, 64)
    assert torch.equal(own(picture)[1], plain(picture)[1])


@torch.no_grad()
def test_a_fusion_that_has_learnt_nothing_shows_the_picture_as_it_is() -> None:
    fusion, renderings = Fusion(), torch.randn(2, CHANNELS, 32, 32)
    for weights in fusion.weighed.parameters():
        weights.zero_()
    assert torch.equal(fusion(renderings), renderings[:, :1])


@torch.no_grad()
def test_without_fusion_the_picture_alone_is_seen_and_with_it_every_rendering() -> None:
    picture, rendered = torch.randn(1, 1, 64, 64), torch.randn(1, CHANNELS, 64, 64)
    assert cascaded(rendered=False)(picture)[1].shape == (1, STRUCTURES, 32, 32)
    own = cascaded()
    before = own(rendered)[1]
    for channel in range(CHANNELS):
        other = rendered.clone()
        other[:, channel] += 0.5
        assert float((own(other)[1] - before).abs().max()) > 0.0, RENDERINGS[channel]


def test_what_is_clear_learns_from_its_own_structures_alone() -> None:
    own = cascaded()
    assert own.first is not None
    torch.autograd.backward(own.outlined(torch.randn(1, CHANNELS, 64, 64))[:, CLEAR:].square().mean())
    assert all(weights.grad is None or not weights.grad.any() for weights in own.first.parameters())
    assert own.head.weight.grad is not None
    assert own.head.weight.grad.any()
    own.zero_grad(set_to_none=True)
    torch.autograd.backward(own.outlined(torch.randn(1, CHANNELS, 64, 64))[:, :CLEAR].square().mean())
    assert any(weights.grad is not None and weights.grad.any() for weights in own.first.parameters())
    assert own.head.weight.grad is None or not own.head.weight.grad.any()


def test_the_fusion_learns_from_both() -> None:
    for structures in (slice(None, CLEAR), slice(CLEAR, None)):
        own = cascaded()
        assert own.fusion is not None
        torch.autograd.backward(own.outlined(torch.randn(1, CHANNELS, 64, 64))[:, structures].square().mean())
        grown = own.fusion.seen.weight.grad
        assert grown is not None
        assert (grown.abs().sum((0, 2, 3)) > 0).all(), "of every rendering"


@torch.no_grad()
def test_the_others_are_outlined_given_what_is_clear() -> None:
    own, picture = cascaded(rendered=False), torch.randn(1, 1, 64, 64)
    assert own.first is not None
    before = own(picture)[1]
    assert own.first.head.bias is not None
    own.first.head.bias.add_(3.0)
    after = own(picture)[1]
    assert torch.allclose(after[:, :CLEAR], before[:, :CLEAR] + 3.0, atol=1e-4)
    assert float((after[:, CLEAR:] - before[:, CLEAR:]).abs().max()) > 1e-4


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_as_a_file_it_outlines_the_same() -> None:
    own, picture = cascaded(), torch.randn(1, CHANNELS, 64, 64)
    program = torch.onnx.export(own, (torch.zeros_like(picture),), input_names=["picture"], dynamo=True, verbose=False)
    assert program is not None
    session = onnxruntime.InferenceSession(program.model_proto.SerializeToString(), providers=["CPUExecutionProvider"])
    shares, outlined = session.run(None, {"picture": picture.numpy()})
    with torch.no_grad():
        expected = own(picture)
    assert np.allclose(shares, expected[0].numpy(), atol=1e-3)
    assert np.allclose(outlined, expected[1].numpy(), atol=1e-3)
