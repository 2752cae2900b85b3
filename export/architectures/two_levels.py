"""What every backbone of a located network gives."""

from torch import Tensor, nn


class Levels(nn.Module):
    """Features at a sixteenth and at a thirty-second of a picture, with their numbers of channels.

    Of some also at a quarter and at an eighth: ``finer_channels`` says how many.
    """

    fine_channels: int
    coarse_channels: int
    finer_channels: tuple[int, int] | None = None

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """(n, 1, h, w), both sides multiples of 32 → (n, fine_channels, h / 16, w / 16), (n, coarse_channels, h / 32, w / 32)."""
        raise NotImplementedError

    def pyramid(self, picture: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(n, 1, h, w) → features at a quarter, an eighth, a sixteenth and a thirty-second, of those that have ``finer_channels``."""
        raise NotImplementedError

    def begin(self) -> None:
        """Take the weights that were learnt elsewhere, where there are any; called before a training that starts from no other."""
