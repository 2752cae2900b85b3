"""The fonts of the handover page, which are embedded, as far as a page uses them, in every PDF."""

from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FOLDER = Path(__file__).resolve().parent / "fonts"
REGULAR = "HandoverSans-Regular"
BOLD = "HandoverSans-Bold"
_UNKNOWN = "\N{WHITE SQUARE}"


@cache
def load() -> None:
    """Make the fonts known to ReportLab; reading them takes a moment, so it is done once a process."""
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, FOLDER / f"{name}.ttf"))


@cache
def _letters() -> frozenset[int]:
    load()
    return frozenset(pdfmetrics.getFont(REGULAR).face.charToGlyph)


def writable(text: str) -> str:
    """The text with a square in place of what the fonts cannot write, so that it is seen that something stands there."""
    return "".join(letter if ord(letter) in _letters() else _UNKNOWN for letter in text)


def width_of(text: str, font: str, size: float) -> float:
    """How wide a line is, in points."""
    load()
    return float(pdfmetrics.stringWidth(text, font, size))
