"""Where a key stands in a rules file, so that an error names the line a person has to look at."""

import re
from collections.abc import Iterator

_HEADER = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?$")
_ASSIGNED = re.compile(r"\s*([\w.-]+)\s*=")
_STRING = re.compile(r'"""(?:\\.|[^\\])*?"""|\'\'\'.*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'', re.DOTALL)
_COMMENT = re.compile(r"#[^\n]*")


def _blank(match: re.Match[str]) -> str:
    """As many characters without meaning, line breaks kept."""
    return re.sub(r"[^\n]", " ", match.group())


def _without_words(text: str) -> str:
    """The text with strings and comments blanked, of the same length, so that brackets and keys in them do not count."""
    return _COMMENT.sub(_blank, _STRING.sub(_blank, text))


def _statements(bare: str) -> Iterator[tuple[tuple[str, ...], int, int]]:
    """Each header and key outside of brackets: its path, and where its value begins and ends in the text."""
    section: tuple[str, ...] = ()
    depth, start = 0, 0
    opened: tuple[tuple[str, ...], int] | None = None
    for line in bare.splitlines(keepends=True):
        if depth == 0:
            header, assigned = _HEADER.match(line), _ASSIGNED.match(line)
            if opened is not None and (header or assigned):
                yield *opened, start
                opened = None
            if header:
                section = tuple(part.strip() for part in header.group(1).split("."))
                yield section, start + line.index("["), start + len(line)
            elif assigned:
                opened = ((*section, *assigned.group(1).split(".")), start + assigned.start(1))
        depth = max(0, depth + sum(line.count(each) for each in "[{") - sum(line.count(each) for each in "]}"))
        if _HEADER.match(line):
            depth = 0
        start += len(line)
    if opened is not None:
        yield *opened, start


def _item(bare: str, start: int, end: int, number: int) -> tuple[int, int] | None:
    """Where the inline table of that number in the list between ``start`` and ``end`` begins and ends."""
    depth, seen, begun = 0, -1, 0
    for place in range(start, end):
        if bare[place] == "{":
            if depth == 0:
                seen, begun = seen + 1, place
            depth += 1
        elif bare[place] == "}":
            depth -= 1
            if depth == 0 and seen == number:
                return begun, place + 1
    return None


def line_of(text: str, location: tuple[str | int, ...]) -> int:
    """The line on which the value at ``location`` (keys, and numbers of items in lists) stands; that of what holds it where it has none."""
    bare = _without_words(text)
    best, place = 0, 0
    span: tuple[int, int] | None = None
    keys = tuple(str(part) for part in location)
    for path, start, end in _statements(bare):
        shared = len(path) if path == keys[: len(path)] else 0
        if shared > best:
            best, place, span = shared, start, (start, end)
    rest = location[best:]
    if span is not None and rest and isinstance(rest[0], int):
        item = _item(bare, *span, rest[0])
        if item is not None:
            place, span, rest = item[0], item, rest[1:]
    if span is not None and rest and isinstance(rest[0], str):
        key = re.search(rf"\b{re.escape(rest[0])}\s*=", bare[span[0] : span[1]])
        if key is not None:
            place = span[0] + key.start()
    return text.count("\n", 0, place) + 1
