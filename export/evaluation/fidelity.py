"""INT8 against FP32, picture by picture, and what it costs against the truth."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from edge_app.reading.card import Fidelity
from export.evaluation.answers import FORMS, INT8, Form
from export.evaluation.bootstrap import Draws, Rows

Float64 = NDArray[np.float64]


def fidelities(
    outputs: Mapping[Form, Float64],
    decisions: Mapping[Form, NDArray[np.bool_]],
    score: str,
    figure: Callable[[Form, Rows], float],
    draws: Draws,
    *,
    less_is_better: bool = False,
    dice_to_fp32: Mapping[Form, tuple[float, float]] | None = None,
    repaired: Mapping[Form, Float64] | None = None,
) -> tuple[Fidelity, ...]:
    """One for each INT8 runtime.

    Args:
        outputs: (pictures, outputs) calibrated, NaN where one does not count.
        decisions: (pictures, decisions) of each form.
        score: what ``figure`` is called.
        figure: of some pictures, what a form reaches against the truth; NaN where it cannot be computed.
        draws: patients drawn; each draw compares both forms on the same pictures.
        less_is_better: of ``figure``.
        dice_to_fp32: mean and least Dice with the FP32 outlines.
        repaired: (pictures,) by how much a pixel of the repaired picture is off FP32's on average.
    """
    everything = np.arange(len(outputs["fp32"]))
    sign = -1.0 if less_is_better else 1.0

    def finite(value: float) -> float | None:
        return value if np.isfinite(value) else None

    reached = {form: np.array([figure(form, rows) for rows in draws.rows], dtype=np.float64) for form in FORMS}
    found = []
    for form in INT8:
        apart = np.abs(outputs[form] - outputs["fp32"])
        apart = apart[np.isfinite(apart)]
        found.append(
            Fidelity(
                runtime=form,
                cases=len(everything),
                mean_delta_p=float(apart.mean()) if apart.size else 0.0,
                max_delta_p=float(apart.max()) if apart.size else 0.0,
                flips_at_threshold=int((decisions[form] != decisions["fp32"]).sum()),
                score=score,
                score_fp32=finite(figure("fp32", everything)),
                score_int8=finite(figure(form, everything)),
                cost_ci95=draws.interval_of(sign * (reached["fp32"] - reached[form])),
                dice_to_fp32=None if dice_to_fp32 is None else dice_to_fp32.get(form),
                repaired_apart=_mean_and_most((repaired or {}).get(form)),
            )
        )
    return tuple(found)


def _mean_and_most(values: Float64 | None) -> tuple[float, float] | None:
    return None if values is None or not values.size else (float(values.mean()), float(values.max()))
