"""H.264 without an encoder: every macroblock stored as it is (ITU-T H.264, 7.3.5, I_PCM), bare or in an MP4 (ISO/IEC 14496-12, -15)."""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

TIMESCALE = 90_000
_START = b"\0\0\0\1"


class _Bits:
    """A bit string as the standard writes it: u(n), ue(v)."""

    def __init__(self) -> None:
        self._text = ""

    def u(self, value: int, width: int) -> None:
        self._text += format(value, f"0{width}b")

    def ue(self, *values: int) -> None:
        for value in values:
            digits = format(value + 1, "b")
            self._text += "0" * (len(digits) - 1) + digits

    def raw(self, data: bytes) -> None:
        self._text += "0" * (-len(self._text) % 8) + "".join(format(byte, "08b") for byte in data)

    def payload(self) -> bytes:
        text = self._text + "1"
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8, "big")


def _unit(header: int, payload: bytes) -> bytes:
    """A NAL unit, with the byte put in that keeps a start code from appearing within (7.4.1)."""
    out, zeros = bytearray([header]), 0
    for byte in payload:
        if zeros == 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def parameter_sets(rows: int, columns: int) -> tuple[bytes, bytes]:
    """Sequence and picture parameter set of the Baseline profile; both sides whole macroblocks of 16."""
    sequence = _Bits()
    sequence.u(66, 8), sequence.u(0xC0, 8), sequence.u(30, 8)
    sequence.ue(0, 0, 2, 0)
    sequence.u(0, 1)
    sequence.ue(columns // 16 - 1, rows // 16 - 1)
    sequence.u(0b1000, 4)
    picture = _Bits()
    picture.ue(0, 0)
    picture.u(0, 2)
    picture.ue(0, 0, 0)
    picture.u(0, 3)
    picture.ue(0, 0, 0)
    picture.u(0, 3)
    return _unit(0x67, sequence.payload()), _unit(0x68, picture.payload())


def picture(frame: NDArray[np.uint8], number: int) -> bytes:
    """One frame (rows, columns) uint8 within 16…235 as an IDR picture of one slice."""
    bits = _Bits()
    bits.ue(0, 7, 0)
    bits.u(0, 4)
    bits.ue(number % 2)
    bits.u(0, 2)
    bits.ue(0)
    for top in range(0, frame.shape[0], 16):
        for left in range(0, frame.shape[1], 16):
            bits.ue(25)
            bits.raw(np.ascontiguousarray(frame[top : top + 16, left : left + 16]).tobytes() + b"\x80" * 128)
    return _unit(0x65, bits.payload())


def stream(frames: NDArray[np.uint8]) -> bytes:
    """(n, rows, columns) uint8 within 16…235 as a byte stream (annex B)."""
    units = [*parameter_sets(*frames.shape[1:]), *(picture(frame, number) for number, frame in enumerate(frames))]
    return b"".join(_START + unit for unit in units)


def box(kind: bytes, *parts: bytes) -> bytes:
    """A box of that type."""
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + kind + content


def mp4(frames: NDArray[np.uint8], steps_ms: Sequence[float], *, index_first: bool = True) -> bytes:
    """An MP4 of (n, rows, columns) uint8 within 16…235, the frames shown for ``steps_ms`` each."""
    samples = [struct.pack(">I", len(unit)) + unit for unit in (picture(frame, number) for number, frame in enumerate(frames))]
    head = box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomavc1")
    durations = [round(step_ms * TIMESCALE / 1000) for step_ms in steps_ms]
    data = box(b"mdat", *samples)
    index = _index(frames, [len(sample) for sample in samples], durations, 0)
    first = len(head) + 8 + (len(index) if index_first else 0)
    index = _index(frames, [len(sample) for sample in samples], durations, first)
    return head + (index + data if index_first else data + index)


def _index(frames: NDArray[np.uint8], sizes: list[int], durations: list[int], first: int) -> bytes:
    rows, columns = frames.shape[1:]
    count, duration = len(sizes), sum(durations)
    sequence, picture_set = parameter_sets(rows, columns)
    matrix = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    configuration = box(
        b"avcC",
        b"\1" + sequence[1:4] + b"\xff\xe1" + struct.pack(">H", len(sequence)) + sequence,
        b"\1" + struct.pack(">H", len(picture_set)) + picture_set,
    )
    entry = box(
        b"avc1",
        struct.pack(">6xH16xHHIIIH32xHh", 1, columns, rows, 72 << 16, 72 << 16, 0, 1, 24, -1),
        configuration,
    )
    table = box(
        b"stbl",
        box(b"stsd", struct.pack(">II", 0, 1), entry),
        box(b"stts", struct.pack(">II", 0, count), *(struct.pack(">II", 1, one) for one in durations)),
        box(b"stsc", struct.pack(">IIIII", 0, 1, 1, count, 1)),
        box(b"stsz", struct.pack(">III", 0, 0, count), *(struct.pack(">I", size) for size in sizes)),
        box(b"stco", struct.pack(">III", 0, 1, first)),
    )
    media = box(
        b"mdia",
        box(b"mdhd", struct.pack(">IIIIIHH", 0, 0, 0, TIMESCALE, duration, 0x55C4, 0)),
        box(b"hdlr", struct.pack(">II4s12xx", 0, 0, b"vide")),
        box(
            b"minf",
            box(b"vmhd", struct.pack(">IHHHH", 1, 0, 0, 0, 0)),
            box(b"dinf", box(b"dref", struct.pack(">II", 0, 1), box(b"url ", struct.pack(">I", 1)))),
            table,
        ),
    )
    track = box(
        b"trak",
        box(
            b"tkhd",
            struct.pack(">IIIIII16x", 3, 0, 0, 1, 0, duration),
            matrix,
            struct.pack(">II", columns << 16, rows << 16),
        ),
        media,
    )
    movie = box(b"mvhd", struct.pack(">IIIIIIH10x", 0, 0, 0, TIMESCALE, duration, 1 << 16, 1 << 8), matrix, struct.pack(">24xI", 2))
    return box(b"moov", movie, track)
