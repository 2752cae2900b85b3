"""Messages that were tampered with item by item, for hypothesis: what a fault, another program or an attacker could put on the link."""

from collections.abc import Callable, Iterator
from typing import Any

import cbor2
from hypothesis import strategies as st

from edge_app.errors import MessageError
from edge_app.link.messages import Message, decode, encode
from tests.edge_app.link.bodies import messages

MAJOR_TYPES = range(8)
KNOWN_TAGS = (0, 1, 2, 3, 4, 5, 21, 24, 25, 28, 29, 30, 32, 35, 36, 37, 52, 54, 100, 256, 258, 260, 261, 1004, 43000, 55799)


class Raw(bytes):
    """Bytes that stand for one CBOR item, well-formed or not."""

    __slots__ = ()


def head(major: int, argument: int, width: int | None = None) -> bytes:
    """The head of an item (RFC 8949, 3), with ``width`` bytes of argument even where fewer would do."""
    if width is None:
        width = next(w for w in (0, 1, 2, 4, 8) if argument < (24 if w == 0 else 256**w))
    if width == 0:
        return bytes([major << 5 | argument])
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[width]]) + argument.to_bytes(width, "big")


def written(value: object) -> bytes:
    """The value as CBOR, with every ``Raw`` in it put in as it stands."""
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(written, value))
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(written(part) for pair in value.items() for part in pair)
    return cbor2.dumps(value)


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every item in the value, its own first."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    """The item at that path."""
    for key in path:
        value = value[key]
    return value


def replaced(value: Any, path: tuple[Any, ...], new: object) -> Any:
    """The value with another item at that path."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


def _indefinite(value: object) -> Raw:
    """The same item, of a length that only its end tells."""
    if isinstance(value, list):
        return Raw(b"\x9f" + b"".join(map(written, value)) + b"\xff")
    if isinstance(value, dict):
        return Raw(b"\xbf" + b"".join(written(part) for pair in value.items() for part in pair) + b"\xff")
    if isinstance(value, str | bytes):
        return Raw((b"\x7f" if isinstance(value, str) else b"\x5f") + written(value) + b"\xff")
    return Raw(written(value) + b"\xff")


def _doubled(value: object) -> Raw:
    """The same map with its first entry twice, or the same item twice."""
    if isinstance(value, dict) and value:
        key, item = next(iter(value.items()))
        return Raw(head(5, len(value) + 1) + written(value)[len(head(5, len(value))) :] + written(key) + written(item))
    return Raw(written(value) * 2)


def _longwinded(value: object) -> Raw:
    """The same item with more bytes of length than it needs; well-formed, and the same."""
    content = written(value)
    major, argument = content[0] >> 5, content[0] & 31
    return Raw(head(major, argument, 8) + content[1:]) if argument < 24 and major != 7 else Raw(content)


sizes = st.sampled_from([24, 255, 2**16, 2**20, 2**31 - 1, 2**31, 2**32, 2**62, 2**63 - 1, 2**63, 2**64 - 1]) | st.integers(0, 2**64 - 1)
tags = st.sampled_from(KNOWN_TAGS) | st.integers(0, 2**64 - 1)
tampering: st.SearchStrategy[Callable[[object], Raw]] = st.one_of(
    st.sampled_from([_indefinite, _doubled, _longwinded]),
    st.builds(lambda tag: lambda value: Raw(head(6, tag) + written(value)), tags),
    st.builds(lambda tag, width: lambda value: Raw(head(6, tag, 8) * width + written(value)), tags, st.integers(1, 600)),
    st.builds(lambda depth: lambda value: Raw(b"\x81" * depth + written(value)), st.integers(1, 600)),
    st.builds(lambda depth: lambda value: Raw(b"\xa1\x60" * depth + written(value)), st.integers(1, 600)),
    st.builds(lambda major, size: lambda value: Raw(head(major, size) + written(value)), st.integers(2, 5), sizes),
)

_numbers = st.integers(-(2**70), 2**70) | st.floats()
_texts = (
    st.text(max_size=60)
    | st.from_regex(r"\(\?[a-z]+\)[(*+?{]{1,9}", fullmatch=True)
    | st.sampled_from(["2026-01-01T00:00:00Z", "1e999", "0x1"])
)
strangers = st.one_of(
    _numbers.map(cbor2.dumps).map(Raw),
    _texts.map(cbor2.dumps).map(Raw),
    # Halves, singles and doubles that are no numbers.
    st.sampled_from([b"\xf9\x7e\x00", b"\xf9\x7c\x00", b"\xf9\xfc\x00", b"\xfa\x7f\xc0\x00\x00", b"\xfb\x7f\xf0" + bytes(6)]).map(Raw),
    # Text that is no text: a surrogate, a lone continuation, an overlong nought, too short.
    st.sampled_from([b"\x63\xed\xa0\x80", b"\x61\x80", b"\x62\xc0\x80", b"\x63\xe2\x82", b"\x64\xf4\x90\x80\x80"]).map(Raw),
    # Simple values, the reserved heads, a break where none belongs.
    st.builds(lambda major, low: Raw([major << 5 | low]), st.sampled_from(MAJOR_TYPES), st.integers(0, 31)),
    st.builds(lambda tag, item: Raw(head(6, tag) + item), tags, _numbers.map(cbor2.dumps) | _texts.map(cbor2.dumps)),
    st.builds(lambda tag, items: Raw(head(6, tag) + cbor2.dumps(items)), tags, st.lists(_numbers, max_size=4)),
    st.builds(lambda tag, item: Raw(head(6, tag) + cbor2.dumps(item)), tags, st.binary(max_size=20)),
    # Maps whose keys are anything.
    st.builds(lambda key, item: Raw(b"\xa1" + key + item), _numbers.map(cbor2.dumps) | st.just(b"\x80"), _numbers.map(cbor2.dumps)),
)


@st.composite
def tampered(draw: st.DrawFn) -> bytes:
    """A real message in which one to three items, envelope and body alike, are others, are wrapped, or come from another message."""
    envelope = cbor2.loads(encode(draw(messages)))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(envelope))))
        if any(isinstance(at(envelope, path[:end]), Raw) for end in range(len(path) + 1)):
            continue
        choice = draw(st.integers(0, 2))
        if choice == 0:
            new: object = draw(strangers)
        elif choice == 1:
            new = draw(tampering)(at(envelope, path))
        else:
            other = cbor2.loads(encode(draw(messages)))
            new = at(other, draw(st.sampled_from(list(places(other)))))
        envelope = replaced(envelope, path, new)
    return written(envelope)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real message, or one that was tampered with, in which bits are flipped and pieces cut out, doubled, put in or moved."""
    content = bytearray(draw(tampered() | messages.map(encode)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 40)))
        piece = bytes(content[start:end])
        change = draw(st.integers(0, 3))
        if change == 0 and start < len(content):
            content[start] ^= 1 << draw(st.integers(0, 7))
        elif change == 1:
            content[start:end] = draw(st.sampled_from([b"", piece * 2, piece[::-1]]))
        elif change == 2:
            content[start:start] = draw(st.binary(min_size=1, max_size=9))
        else:
            del content[start:end]
            content[len(content) // 2 : len(content) // 2] = piece
    return bytes(content)


def message_of(content: bytes) -> Message | None:
    """What ``decode`` makes of it: None where it refuses, else a message that comes back as itself. Anything else fails."""
    try:
        message = decode(content)
    except MessageError:
        return None
    assert decode(encode(message)) == message
    return message
