"""Lines that fit: wrapped between words, within a word only where it is longer than a line, and shortened with a word that says so."""

from edge_app.handover.fonts import width_of


def wrap(text: str, font: str, size: float, width: float) -> list[str]:
    """The text in lines of at most ``width`` points; at least one line."""
    lines, line = [], ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if width_of(longer, font, size) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *whole, line = _pieces(word, font, size, width)
        lines += whole
    return [*lines, line] if line or not lines else lines


def _pieces(word: str, font: str, size: float, width: float) -> list[str]:
    """A word in pieces of at most ``width`` points."""
    pieces, piece = [], ""
    for letter in word:
        if piece and width_of(piece + letter, font, size) > width:
            pieces.append(piece)
            piece = ""
        piece += letter
    return [*pieces, piece]


def fitted(text: str, font: str, size: float, width: float, most_lines: int, shortened: str) -> list[str]:
    """The text in at most that many lines; where it is longer, as much of it as there is room for beside the word ``shortened``."""
    lines = wrap(text, font, size, width)
    if len(lines) <= most_lines:
        return lines
    kept, last = lines[: most_lines - 1], lines[most_lines - 1]
    while last and width_of(f"{last}… {shortened}", font, size) > width:
        last = last[:-1].rstrip()
    return [*kept, f"{last}… {shortened}"]
