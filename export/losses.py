"""What several tasks learn by."""

import torch
from monai.losses import DiceCELoss
from torch import Tensor


def outlined(where: Tensor, wanted: Tensor, *, counts: float = 1.0) -> Tensor:
    """(n, 1, h, w) logits and what they should be, 0…1 → how far apart they are.

    Cross-entropy and overlap (Milletari et al. 2016), smoothed by a pixel so that nothing where nothing is wanted costs nothing. In
    cross-entropy a pixel that is wanted ``counts`` so many times: one that begins with nothing and is to outline a hundredth of a picture
    is else content with nothing.
    """
    weight = None if counts == 1.0 else torch.full((1,), counts, device=where.device)
    apart: Tensor = DiceCELoss(sigmoid=True, squared_pred=True, smooth_nr=1.0, smooth_dr=1.0, weight=weight)(where, wanted)
    return apart
