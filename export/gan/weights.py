"""A trained generator as a file, with all that it takes to draw with it."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from export.atomic import replacing
from export.gan.networks import LATENT, Generator
from export.gan.pictures import CONDITION, centred

BATCH = 50
"""How many pictures are drawn at once."""


@dataclass(frozen=True)
class Drawer:
    """A generator that draws.

    Attributes:
        shares: (``CONDITION``,) of each the share among the pictures that were learnt from.
        together: (findings, findings) in how many of them both were seen.
    """

    generator: Generator
    width: int
    side: int
    shares: Tensor
    together: Tensor

    def save(self, path: Path) -> None:
        """Write it, whole or not at all; the same weights always make the same file."""
        held = io.BytesIO()
        state = {name: value.cpu().contiguous() for name, value in self.generator.state_dict().items()}
        whole = {"width": self.width, "side": self.side, "shares": self.shares, "together": self.together, "generator": state}
        torch.save(whole, held)
        with replacing(path) as temporary:
            temporary.write_bytes(held.getvalue())

    @classmethod
    def load(cls, path: Path) -> "Drawer":
        """Read what ``save`` wrote, for the processor."""
        whole = torch.load(path, weights_only=True, map_location="cpu")
        generator = Generator(whole["width"], whole["side"], len(CONDITION))
        generator.load_state_dict(whole["generator"])
        return cls(generator.eval(), whole["width"], whole["side"], whole["shares"], whole["together"])

    @torch.no_grad()
    def draw(self, known: NDArray[np.float32], latent: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Conditions (n, ``CONDITION``), NaN for what is left open, and normal noise (n, ``LATENT``) → (n, side, side)."""
        condition = torch.from_numpy(centred(known, self.shares.numpy()))
        made = [np.empty((0, self.side, self.side), dtype=np.uint8)]
        for start in range(0, len(known), BATCH):
            noise = torch.from_numpy(latent[start : start + BATCH])
            grey = self.generator(noise, condition[start : start + BATCH], self.side)[:, 0]
            made.append(((grey.clamp(-1.0, 1.0) + 1.0) * 127.5).round().to(torch.uint8).numpy())
        return np.concatenate(made)

    def drawn_for(self, known: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.uint8]:
        """``draw`` with noise of these random numbers."""
        return self.draw(known, random.standard_normal((len(known), LATENT), dtype=np.float32))
