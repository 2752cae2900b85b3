"""What each form of a network answered on the pictures it is judged on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from export.datasets.labelled import Labelled

Form = Literal["fp32", "openvino", "onnxruntime"]
FORMS: tuple[Form, ...] = ("fp32", "openvino", "onnxruntime")
INT8: tuple[Literal["openvino", "onnxruntime"], ...] = ("openvino", "onnxruntime")
SHIPPED: Form = "openvino"
"""The form that a box runs where it can, and so the one that figures are of."""


@dataclass(frozen=True)
class Answers:
    """Per form the logits (pictures, outputs) float64, and for outlines the maps (pictures, structures, rows, columns) float16.

    ``repaired`` (pictures,) says per INT8 form by how much of 0…1 a pixel of the repaired picture is off FP32's on average; nothing where
    none is repaired. ``left_out`` pictures were to be judged too, but the box would show a network nothing of them.
    """

    pictures: tuple[Labelled, ...]
    logits: Mapping[Form, NDArray[np.float64]]
    maps: Mapping[Form, NDArray[np.float16]]
    left_out: int = 0
    repaired: Mapping[Form, NDArray[np.float64]] = field(default_factory=dict)

    @classmethod
    def joined(cls, parts: Sequence["Answers"]) -> "Answers":
        """The answers of several networks, each on pictures of its own, as if one had given them."""
        return cls(
            pictures=tuple(picture for part in parts for picture in part.pictures),
            logits={form: np.concatenate([part.logits[form] for part in parts]) for form in FORMS},
            maps={
                form: np.concatenate([part.maps[form] for part in parts if part.pictures])
                for form in FORMS
                if any(part.maps for part in parts)
            },
            repaired={
                form: np.concatenate([part.repaired[form] for part in parts if form in part.repaired])
                for form in FORMS
                if any(form in part.repaired for part in parts)
            },
            left_out=sum(part.left_out for part in parts),
        )
