"""Any small classifier with a card written by hand becomes a model that the box takes, and what does not fit is told in one line."""

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper
from torch import Tensor, nn

from edge_app.reading.canvas import network_input
from edge_app.reading.card import FP32_MODEL, GOLDEN, ONNX_MODEL, OPENVINO_MODEL, load_card
from edge_app.reading.finding import Box
from edge_app.reading.probe import golden_picture
from edge_app.reading.protocols.chest import CHEST_FINDINGS
from export.__main__ import main
from export.foreign_graph import answers, read_network
from export.hand_card import HandCard, read_hand_card
from export.mapped_graph import Taken, as_wanted, in_contract
from export.package import check
from export.recipe import Limits
from export.runners import start_runners
from export.trained_elsewhere import DoesNotFitError

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning"),
    pytest.mark.timeout(900),
]

SIDE = 64
OUTPUTS = ("Support_Device", *reversed(CHEST_FINDINGS))
"""Not in the box's order, and with one that the box does not know."""
IMAGENET = {"mean": [123.7, 116.3, 103.5], "std": [58.4, 57.1, 57.4], "black": 0, "white": 255}


class _Small(nn.Module):
    """Two convolutions and an end of some kind."""

    def __init__(self, channels: int, end: str, squash: str) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.features = nn.Sequential(
            nn.Conv2d(channels, 8, 3, 4, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU()
        )
        self.end, self.squash = end, squash
        count = {"linear": 16, "product": 16, "convolution": 16, "flat": 16 * (SIDE // 8) ** 2}[end]
        self.head = nn.Linear(count, len(OUTPUTS))
        nn.init.normal_(self.head.weight, std=0.5)

    def forward(self, picture: Tensor) -> Tensor:
        features = self.features(picture)
        if self.end == "linear":
            logits = self.head(features.mean((2, 3)))
        elif self.end == "product":
            logits = torch.flatten(nn.functional.adaptive_avg_pool2d(features, 1), 1) @ self.head.weight.T + self.head.bias
        elif self.end == "convolution":
            logits = nn.functional.conv2d(features, self.head.weight[:, :, None, None], self.head.bias).mean((2, 3))
        else:
            logits = self.head(torch.flatten(features, 1))
        return {"none": logits, "sigmoid": torch.sigmoid(logits), "hand": 1.0 / (1.0 + torch.exp(-logits))}[self.squash]


def network(file: Path, channels: int = 1, end: str = "linear", squash: str = "none", *, any_batch: bool = False) -> Path:
    """A small classifier as ONNX."""
    shapes = ({0: torch.export.Dim("batch")},) if any_batch else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Small(channels, end, squash).eval(), (torch.zeros(1, channels, SIDE, SIDE),), str(file),
            dynamo=True, verbose=False, external_data=False, dynamic_shapes=shapes,
        )  # fmt: skip
    return file


def fields(**changes: Any) -> dict[str, Any]:
    """A card written by hand, of a grey network that gives logits."""
    own = {"side": SIDE, "channels": 1, "black": -1024, "white": 1024, "mean": [0], "std": [1024], "sees": "picture"}
    given: dict[str, Any] = {
        "name": "chest_findings", "version": "3", "title": "Findings of a hospital", "licence": "CC BY 4.0", "limits": "Adults only.",
        "input": own | changes.pop("input", {}), "outputs": OUTPUTS, "gives": "logits",
    }  # fmt: skip
    return given | changes


def card_of(folder: Path, **changes: Any) -> HandCard:
    file = folder / "card.json"
    file.write_text(json.dumps(fields(**changes)), encoding="utf-8")
    return read_hand_card(file)


def colour(**changes: Any) -> dict[str, Any]:
    return {"channels": 3, **IMAGENET, **changes}


def noise(count: int = 3) -> list[NDArray[np.float32]]:
    random = np.random.default_rng(2)
    return [random.normal(0.0, 1.0, (1, 1, SIDE, SIDE)).astype(np.float32) for _ in range(count)]


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.asarray(1.0 / (1.0 + np.exp(-logits.astype(np.float64))))


@pytest.mark.parametrize(
    ("channels", "end", "squash", "mapped"),
    [
        (1, "linear", "none", True),
        (3, "linear", "sigmoid", True),
        (1, "product", "none", True),
        (3, "convolution", "sigmoid", True),
        (1, "flat", "none", False),
        (3, "flat", "sigmoid", False),
        (1, "linear", "hand", False),
    ],
)
def test_the_box_form_answers_as_the_network_did(tmp_path: Path, channels: int, end: str, squash: str, *, mapped: bool) -> None:
    file = network(tmp_path / "network.onnx", channels, end, squash)
    card = card_of(tmp_path, input=colour() if channels == 3 else {}, gives="logits" if squash == "none" else "probabilities")
    taken = in_contract(read_network(file, card), card)
    assert taken.mapped is mapped
    assert [own.name for own in taken.proto.graph.input] == ["picture"]
    with torch.inference_mode():
        expected = [_Small(channels, end, "none").eval()(torch.from_numpy(as_wanted(picture, card.input))).numpy() for picture in noise()]
    for own, wanted in zip(answers(taken.proto, noise()), expected, strict=True):
        # The findings in the box's order; what the box does not know is dropped.
        assert np.allclose(own[0], wanted[:, :0:-1], atol=2e-3)
        if mapped:
            assert own[1].shape == (1, len(CHEST_FINDINGS), SIDE // 8, SIDE // 8)
            assert np.allclose(own[1].mean((2, 3)), own[0], atol=1e-4)


def test_the_card_says_how_a_value_becomes_what_the_network_wants(tmp_path: Path) -> None:
    for changes in ({}, colour()):
        wanted = card_of(tmp_path, input=changes).input
        grey = np.array([0.0, 0.25, 1.0], dtype=np.float32).reshape(1, 1, 1, 3)
        given = as_wanted((grey - np.float32(wanted.card_mean)) / np.float32(wanted.card_std), wanted)
        for channel, (mean, std) in enumerate(zip(wanted.mean, wanted.std, strict=True)):
            value = wanted.black + grey[0, 0] * (wanted.white - wanted.black)
            assert np.allclose(given[0, channel], (value - mean) / std, atol=1e-4)


def test_what_the_box_does_not_know_is_kept_where_the_card_says_so(tmp_path: Path) -> None:
    kept = card_of(tmp_path, others="keep")
    assert kept.labels == (*CHEST_FINDINGS, "Support_Device")
    assert kept.positions == (*range(14, 0, -1), 0)
    assert card_of(tmp_path).labels == CHEST_FINDINGS


def test_a_card_may_be_toml(tmp_path: Path) -> None:
    file = tmp_path / "card.toml"
    file.write_text(
        'name = "ward_teacher"\nversion = 2026-11-28\ntitle = "t"\nlicence = "l"\nlimits = "n"\ngives = "logits"\noutputs = ["Mass"]\n'
        '[input]\nside = 64\nchannels = 1\nblack = 0\nwhite = 1\nmean = [0.5]\nstd = [0.25]\nsees = "lungs"\n'
    )
    card = read_hand_card(file)
    assert (card.version, card.labels, card.input.sees) == ("2026-11-28", ("Mass",), "lungs")


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"colour": 1}, "colour: Extra inputs are not permitted"),
        ({"gives": "odds"}, "gives: Input should be 'logits' or 'probabilities'"),
        ({"input": {"side": "64"}}, "input.side: Input should be a valid integer"),
        ({"input": {"channels": 3}}, "mean and std have 1 and 1 numbers for 3 channels"),
        ({"input": {"white": -2000}}, "black is not below white"),
        ({"input": {"std": [0]}}, "input.std.0: Input should be greater than 0"),
        ({"name": "../up"}, "name: String should match pattern"),
        ({"name": "chest_severity"}, "chest_severity is no model of findings"),
        ({"licence": " "}, "licence: String should have at least 1 character"),
        ({"outputs": ["Mass", "Mass"], "name": "x"}, "outputs names Mass more than once"),
        ({"outputs": ["Mass"]}, "chest_findings tells all 14 findings, and outputs lacks Atelectasis"),
        ({"outputs": ["Lump"], "name": "x"}, "none of the outputs is one of the 14 findings"),
    ],
)
def test_a_card_that_is_wrong_is_told_in_one_line(tmp_path: Path, changes: dict[str, Any], word: str) -> None:
    with pytest.raises(DoesNotFitError) as told:
        card_of(tmp_path, **changes)
    assert word in str(told.value)
    assert str(told.value).startswith("card.json: ")
    assert "\n" not in str(told.value)


def test_no_card_and_no_json(tmp_path: Path) -> None:
    (tmp_path / "words.json").write_text("not a card")
    (tmp_path / "words.toml").write_text("not a card")
    for name, word in (("none.json", "cannot be read"), ("words.json", "Invalid JSON"), ("words.toml", "is no TOML")):
        with pytest.raises(DoesNotFitError, match=word):
            read_hand_card(tmp_path / name)


def _made(
    file: Path, node: onnx.NodeProto, sizes: tuple[Any, ...], *, kind: int = TensorProto.FLOAT, inputs: int = 1, domain: str = ""
) -> Path:
    """A graph of one layer."""
    weight = helper.make_tensor("w", TensorProto.FLOAT, [2, 1, 1, 1], [1.0, 2.0])
    given = [helper.make_tensor_value_info(f"x{number or ''}", kind, sizes) for number in range(inputs)]
    graph = helper.make_graph([node], "g", given, [helper.make_tensor_value_info("y", kind, ["a", "b", "c", "d"])], [weight])
    opsets = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), str(file))
    return file


def test_a_file_that_is_no_such_network_is_told_in_one_line(tmp_path: Path) -> None:
    card = card_of(tmp_path)
    (tmp_path / "text.onnx").write_text("no network")
    (tmp_path / "empty.onnx").write_bytes(b"")
    convolution, square = helper.make_node("Conv", ["x", "w"], ["y"]), (1, 1, SIDE, SIDE)
    foreign = helper.make_node("Attend", ["x"], ["y"], domain="their.own")
    faults: Mapping[str, tuple[Path, str]] = {
        "none": (tmp_path / "none.onnx", "cannot be read"),
        "text": (tmp_path / "text.onnx", "is no ONNX network"),
        "empty": (tmp_path / "empty.onnx", "is no ONNX network"),
        "two": (_made(tmp_path / "two.onnx", convolution, square, inputs=2), "2 inputs and 1 outputs"),
        "batch": (_made(tmp_path / "batch.onnx", convolution, (8, 1, SIDE, SIDE)), "takes 8×1×64×64, the card says 1×1×64×64"),
        "colour": (_made(tmp_path / "colour.onnx", convolution, ("n", 3, "h", "w")), "takes any×3×any×any"),
        "half": (_made(tmp_path / "half.onnx", helper.make_node("Relu", ["x"], ["y"]), square, kind=TensorProto.FLOAT16), "takes FLOAT16"),
        "foreign": (_made(tmp_path / "foreign.onnx", foreign, square, domain="their.own"), r"not ONNX's own: their\.own\.Attend"),
        "weightless": (_made(tmp_path / "weightless.onnx", helper.make_node("Relu", ["x"], ["y"]), square), "no convolution"),
    }
    for file, word in faults.values():
        with pytest.raises(DoesNotFitError, match=word) as told:
            read_network(file, card)
        assert "\n" not in str(told.value)


def test_what_the_network_gives_is_held_against_the_card(tmp_path: Path) -> None:
    plain, squashed = network(tmp_path / "plain.onnx"), network(tmp_path / "squashed.onnx", squash="sigmoid")

    def taken(file: Path, **changes: Any) -> Taken:
        card = card_of(tmp_path, **changes)
        return in_contract(read_network(file, card), card)

    with pytest.raises(DoesNotFitError, match="gives 1×15 numbers, the card names 14 outputs"):
        taken(plain, outputs=CHEST_FINDINGS)
    with pytest.raises(DoesNotFitError, match="the card says probabilities, and the network gives"):
        taken(plain, gives="probabilities")
    with pytest.raises(DoesNotFitError, match="the card says logits, and the network ends in a Sigmoid"):
        taken(squashed)


def test_older_operators_are_brought_up(tmp_path: Path) -> None:
    """As PyTorch's former exporter writes it: opset 11, a pool of its own, any batch."""
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "w"], ["c"], strides=[8, 8]),
            helper.make_node("GlobalAveragePool", ["c"], ["p"]),
            helper.make_node("Flatten", ["p"], ["f"]),
            helper.make_node("Gemm", ["f", "g", "b"], ["y"]),
        ],
        "former",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 2])],
        [
            helper.make_tensor("w", TensorProto.FLOAT, [3, 1, 1, 1], [1.0, 2.0, -1.0]),
            helper.make_tensor("g", TensorProto.FLOAT, [3, 2], [1.0, 0.5, 2.0, 0.0, 0.0, 3.0]),
            helper.make_tensor("b", TensorProto.FLOAT, [2], [0.5, -0.5]),
        ],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=6), str(tmp_path / "former.onnx"))
    card = card_of(tmp_path, name="former", outputs=["Nodule", "Mass"])
    taken = in_contract(read_network(tmp_path / "former.onnx", card), card)
    assert taken.mapped
    (logits, activation), *_ = answers(taken.proto, noise(1))
    mean = float(as_wanted(noise(1)[0], card.input)[:, :, ::8, ::8].mean())
    assert np.allclose(logits, [[mean * (0.5 - 3.0) - 0.5, mean * 5.0 + 0.5]], atol=1e-3)
    assert activation.shape == (1, 2, 8, 8)


@pytest.mark.parametrize("kind", ["colour", "grey"])
def test_the_whole_road(kind: str, made_up_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colour with probabilities and a map, any batch, and what the box does not know kept; grey with logits, no map, on the lungs."""
    # The made-up pictures show no lungs that a model could find, and tell little from a network that has learnt nothing.
    monkeypatch.setattr("export.trained_elsewhere.lung_box_of", lambda picture, models: Box(4.0, 4.0, 50.0, 60.0))
    monkeypatch.setattr("export.trained_elsewhere.Limits", lambda: Limits(mean_delta_p=1.0, flips=1.0))
    if kind == "colour":
        file = network(tmp_path / "network.onnx", 3, "linear", "sigmoid", any_batch=True)
        card = card_of(tmp_path, input=colour(), gives="probabilities", others="keep")
    else:
        file = network(tmp_path / "network.onnx", 1, "flat")
        card = card_of(tmp_path, name="ward_findings", input={"sees": "lungs"})
    runs = tmp_path / "runs"
    assert main(["import-onnx", str(file), str(tmp_path / "card.json"), "--data", str(made_up_data), "--runs", str(runs)]) == 0
    folder = runs / "models_int8" / card.name
    assert check(folder) > 0
    packaged = load_card(folder)
    assert tuple(label.name for label in packaged.labels) == card.labels
    assert (packaged.map, packaged.input.sees) == (("map", "picture") if kind == "colour" else (None, "lungs"))
    # Whatever it was trained on, it was not these pictures.
    assert packaged.trained_on == ()
    assert {source.name for source in packaged.validated_on}
    for word in ("Research use", "CC BY 4.0", "Adults only.", *(["no map"] if packaged.map is None else [])):
        assert word in packaged.limits
    runners = start_runners(packaged, folder / FP32_MODEL, folder / OPENVINO_MODEL, folder / ONNX_MODEL)
    assert (runners.fp32.precision, runners.openvino.precision, runners.onnxruntime.precision) == ("FP32", "INT8", "INT8")
    for golden in packaged.golden:
        picture, _ = network_input(golden_picture(folder / GOLDEN / golden.picture), packaged.input)
        exact, _ = runners.fp32.run(picture)
        for runner in (runners.openvino, runners.onnxruntime):
            logits, activation = runner.run(picture)
            assert np.abs(sigmoid(logits) - sigmoid(exact)).max() < 0.1
            assert (activation is None) == (packaged.map is None)


def test_what_does_not_fit_ends_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], made_up_data: Path) -> None:
    card_of(tmp_path)
    (tmp_path / "text.onnx").write_text("no network")
    words = ["import-onnx", str(tmp_path / "text.onnx"), str(tmp_path / "card.json"), "--runs", str(tmp_path / "runs"), "--data"]
    assert main([*words, str(made_up_data)]) == 1
    assert capsys.readouterr().out.startswith("cannot be imported: text.onnx is no ONNX network")
    assert not (tmp_path / "runs").exists()
    words[1] = str(network(tmp_path / "network.onnx"))
    assert main([*words, str(tmp_path / "nothing")]) == 1
    assert "cannot be imported: no pictures" in capsys.readouterr().out
