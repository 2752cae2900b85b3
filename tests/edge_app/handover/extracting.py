"""Reading back what a PDF of ReportLab says and where, and which fonts it carries, from its own objects alone."""

import base64
import re
import zlib
from dataclasses import dataclass

_OBJECT = re.compile(rb"(\d+) 0 obj\s(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_MAPPED = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
_OPERATOR = re.compile(
    rb"1 0 0 1 (?P<x>[-\d.]+) (?P<y>[-\d.]+) Tm|/(?P<font>F\d+\+\d+) (?P<size>[\d.]+) Tf|\((?P<text>(?:\\.|[^\\)])*)\) Tj", re.DOTALL
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_SHORT = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True)
class Written:
    """A line as it stands on the page, in points from the lower left."""

    text: str
    x: float
    y: float
    font: str
    size: float


@dataclass(frozen=True)
class Font:
    """A font of the file; ``embedded``: its outlines are in it."""

    name: str
    embedded: bool


def _objects(pdf: bytes) -> dict[int, bytes]:
    return {int(number): body for number, body in _OBJECT.findall(pdf)}


def _content(body: bytes) -> bytes:
    found = _STREAM.search(body)
    assert found is not None
    length = re.search(rb"/Length (\d+)", body)
    assert length is not None
    # What is compressed may end in bytes that look like the end of a line.
    content = found[1][: int(length[1])]
    if b"ASCII85Decode" in body:
        content = base64.a85decode(content.strip().removesuffix(b"~>"))
    return zlib.decompress(content) if b"FlateDecode" in body else content


def _reference(body: bytes, key: bytes) -> int | None:
    found = re.search(rb"/" + key + rb" (\d+) 0 R", body)
    return None if found is None else int(found[1])


def _fonts(objects: dict[int, bytes]) -> dict[bytes, tuple[Font, dict[int, str]]]:
    fonts = {}
    for body in objects.values():
        name, base = re.search(rb"/Name /(F\d+(?:\+\d+)?)", body), re.search(rb"/BaseFont /(\S+)", body)
        if name is None or base is None:
            continue
        described, unicode_at = _reference(body, b"FontDescriptor"), _reference(body, b"ToUnicode")
        embedded = described is not None and _reference(objects[described], b"FontFile2") is not None
        mapped = {} if unicode_at is None else _letters(_content(objects[unicode_at]))
        fonts[name[1]] = (Font(base[1].decode(), embedded), mapped)
    return fonts


def _letters(table: bytes) -> dict[int, str]:
    letters: dict[int, str] = {}
    for part in re.findall(rb"beginbfchar(.*?)endbfchar", table, re.DOTALL):
        letters |= {int(code, 16): bytes.fromhex(to.decode()).decode("utf-16-be") for code, to in _MAPPED.findall(part)}
    for part in re.findall(rb"beginbfrange(.*?)endbfrange", table, re.DOTALL):
        for first, _last, listed in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*\[(.*?)\]", part, re.DOTALL):
            for number, to in enumerate(re.findall(rb"<([0-9A-Fa-f]+)>", listed)):
                letters[int(first, 16) + number] = bytes.fromhex(to.decode()).decode("utf-16-be")
    return letters


def _unescaped(text: bytes) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8)]) if code[:1].isdigit() else _SHORT.get(code, code)

    return _ESCAPE.sub(one, text)


def fonts_of(pdf: bytes) -> list[Font]:
    return [font for font, _letters in _fonts(_objects(pdf)).values()]


def pages_of(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def lines_of(pdf: bytes) -> list[Written]:
    """Every line that is written, in the order in which it was."""
    objects = _objects(pdf)
    fonts = _fonts(objects)
    (page,) = (body for body in objects.values() if re.search(rb"/Type /Page\b", body))
    contents = _reference(page, b"Contents")
    assert contents is not None
    lines: list[Written] = []
    x = y = size = 0.0
    font, begun = b"", False
    for found in _OPERATOR.finditer(_content(objects[contents])):
        if found["x"] is not None:
            x, y, begun = float(found["x"]), float(found["y"]), True
        elif found["font"] is not None:
            font, size = found["font"], float(found["size"])
        else:
            known, letters = fonts[font]
            text = "".join(letters[code] for code in _unescaped(found["text"]))
            if begun:
                lines.append(Written(text, x, y, known.name.partition("+")[2], size))
            else:
                lines[-1] = Written(lines[-1].text + text, lines[-1].x, lines[-1].y, lines[-1].font, lines[-1].size)
            begun = False
    return lines
