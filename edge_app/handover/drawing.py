"""Pieces of the handover page: text that always fits, badges, and the picture with its boxes as the screen draws them."""

from collections.abc import Sequence

from PIL import Image
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from edge_app.handover.fonts import BOLD, REGULAR, width_of, writable
from edge_app.handover.sheet import Badge, Marked, SheetPicture
from edge_app.handover.wrapping import fitted

INK = HexColor("#0b1520")
INK2 = HexColor("#45525f")
EDGE = HexColor("#6f7d8b")
LINE = HexColor("#cbd3db")
WHITE = HexColor("#ffffff")
START_COLOURS = {
    "immediate": HexColor("#c8102e"),
    "delayed": HexColor("#b78103"),
    "minor": HexColor("#1f7a33"),
    "deceased": HexColor("#000000"),
}
LEADING = 1.32
_ARM_SHARE, _LONGEST_ARM, _TAG = 0.22, 20.0, 11.0


class Column:
    """A column of text, written from the top down; ``y`` is where the next line begins."""

    def __init__(self, canvas: Canvas, left: float, top: float, width: float, shortened: str) -> None:
        self.canvas, self.left, self.y, self.width, self.shortened = canvas, left, top, width, shortened

    def text(self, text: str, *, size: float, font: str = REGULAR, most_lines: int = 1, colour: Color = INK, indent: float = 0.0) -> None:
        """A paragraph of at most that many lines."""
        lines = fitted(writable(text), font, size, self.width - indent, most_lines, self.shortened)
        self.canvas.setFillColor(colour)
        self.canvas.setFont(font, size)
        for line in lines:
            self.canvas.drawString(self.left + indent, self.y - size, line)
            self.y -= size * LEADING

    def fact(self, label: str, text: str, *, size: float, label_width: float, label_lines: int = 1, most_lines: int = 1) -> None:
        """A label, and beside it what it labels."""
        labels = fitted(writable(label), BOLD, size, label_width - 4, label_lines, self.shortened)
        self.canvas.setFillColor(INK2)
        self.canvas.setFont(BOLD, size)
        for number, line in enumerate(labels):
            self.canvas.drawString(self.left, self.y - size * (1 + number * LEADING), line)
        below = self.y - len(labels) * size * LEADING
        self.text(text, size=size, most_lines=most_lines, indent=label_width)
        self.y = min(self.y, below)

    def heading(self, text: str) -> None:
        """A section's title over a line."""
        self.text(text, size=9, font=BOLD, colour=INK2)
        self.canvas.setStrokeColor(LINE)
        self.canvas.setLineWidth(0.7)
        self.canvas.line(self.left, self.y, self.left + self.width, self.y)
        self.y -= 3

    def space(self, points: float) -> None:
        """Leave some room."""
        self.y -= points


def badges(canvas: Canvas, shown: Sequence[Badge], left: float, top: float, width: float, shortened: str) -> None:
    """The badges side by side, each as wide as the others, 36 points high."""
    gap, high = 8.0, 36.0
    each = (width - gap * (len(shown) - 1)) / len(shown)
    for number, badge in enumerate(shown):
        x = left + number * (each + gap)
        edge = START_COLOURS.get(badge.colour or "", INK)
        canvas.setStrokeColor(edge)
        canvas.setFillColor(WHITE if badge.of_crew else INK)
        canvas.setLineWidth(2.2 if badge.of_crew else 0.5)
        canvas.roundRect(x + 1.1, top - high + 1.1, each - 2.2, high - 2.2, 5, stroke=1, fill=1)
        ink = INK if badge.of_crew else WHITE
        column = Column(canvas, x + 9, top - 5, each - 18, shortened)
        column.text(badge.label, size=7, colour=INK2 if badge.of_crew else WHITE)
        column.text(badge.word, size=12, font=BOLD, colour=ink)


def picture(canvas: Canvas, shown: SheetPicture, left: float, top: float, width: float, height: float) -> None:
    """The picture as large as fits the frame, on black, with its boxes."""
    canvas.setFillColor(Color(0, 0, 0))
    canvas.rect(left, top - height, width, height, stroke=0, fill=1)
    high = shown.rows * shown.pixel_aspect
    factor = min(width / shown.columns, height / high)
    wide, tall = shown.columns * factor, high * factor
    x, y = left + (width - wide) / 2, top - (height - tall) / 2
    canvas.drawImage(ImageReader(Image.fromarray(shown.grey)), x, y - tall, wide, tall)
    for box in shown.marked:
        _box(canvas, box, (x, y, wide, tall), factor, factor * shown.pixel_aspect)


def _box(canvas: Canvas, box: Marked, frame: tuple[float, float, float, float], across: float, down: float) -> None:
    """Corners in white over black and the number on a white tag, within the picture."""
    x, y, wide, tall = frame
    left, right = max(x + box.x * across, x + 1.5), min(x + (box.x + box.width) * across, x + wide - 1.5)
    top, bottom = min(y - box.y * down, y - 1.5), max(y - (box.y + box.height) * down, y - tall + 1.5)
    arm = min(right - left, top - bottom, _LONGEST_ARM / _ARM_SHARE) * _ARM_SHARE
    for colour, thick in ((Color(0, 0, 0, alpha=0.75), 2.8), (WHITE, 1.4)):
        canvas.setStrokeColor(colour)
        canvas.setLineWidth(thick)
        path = canvas.beginPath()
        for corner_x, corner_y, to_x, to_y in ((left, top, 1, -1), (right, top, -1, -1), (left, bottom, 1, 1), (right, bottom, -1, 1)):
            path.moveTo(corner_x + to_x * arm, corner_y)
            path.lineTo(corner_x, corner_y)
            path.lineTo(corner_x, corner_y + to_y * arm)
        canvas.drawPath(path)
    tag_x = min(max(left, x + 2), x + wide - _TAG - 2)
    tag_y = max(min(top + 2, y - _TAG - 2), y - tall + 2)
    tag(canvas, box.number, tag_x, tag_y, filled=True)


def tag(canvas: Canvas, number: int, x: float, y: float, *, filled: bool) -> None:
    """The number of a finding in its small square; ``filled`` is white, as on the picture."""
    canvas.setFillColor(WHITE)
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(0.9)
    canvas.roundRect(x, y, _TAG, _TAG, 2.2, stroke=int(not filled), fill=1)
    canvas.setFillColor(INK)
    canvas.setFont(BOLD, 8)
    canvas.drawString(x + (_TAG - width_of(str(number), BOLD, 8)) / 2, y + 2.8, str(number))
