"""What several tasks learn by."""

from monai.losses import DiceCELoss
from torch import Tensor

_OUTLINED = DiceCELoss(sigmoid=True, squared_pred=True, smooth_nr=1.0, smooth_dr=1.0)


def outlined(where: Tensor, wanted: Tensor) -> Tensor:
    """(n, 1, h, w) logits and what they should be, 0…1 → how far apart they are.

    Cross-entropy and overlap (Milletari et al. 2016), smoothed by a pixel so that nothing where nothing is wanted costs nothing.
    """
    apart: Tensor = _OUTLINED(where, wanted)
    return apart
