"""Decodes one small known picture in every compressed transfer syntax the box promises. A process of its own: a broken codec may crash it.

Run as a module it prints one line a transfer syntax: its UID, then ``ok`` or what went wrong.
The pictures under ``decoding_samples`` are drawn: 32 × 32, one line of grey falling slantwise, 8 bits for JPEG baseline, else 12.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.uid import UID, RLELossless

from edge_app.errors import UnreadablePictureError
from edge_app.radiograph.codestream import check_complete, read_codestream_header
from edge_app.radiograph.decoders import Frame, decode
from edge_app.radiograph.transfer_syntax import SUPPORTED

SAMPLES = Path(__file__).parent / "decoding_samples"
SIDE = 32
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
# How far a decoded sample may be from the drawn one; 0 where nothing is said, for those are lossless.
TOLERANCE = {
    JPEG_BASELINE: 6,
    "1.2.840.10008.1.2.4.51": 16,
    "1.2.840.10008.1.2.4.81": 2,
    "1.2.840.10008.1.2.4.91": 16,
}


def promised() -> list[str]:
    """The compressed transfer syntaxes the box says it reads."""
    return [uid for uid in SUPPORTED if uid.is_encapsulated]


def drawn(uid: str) -> NDArray[np.int64]:
    """(32, 32) int64: what the sample of that transfer syntax shows; 0…248 in 8 bits, 0…4061 in 12."""
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    return np.asarray(x * 5 + y * 3 if uid == JPEG_BASELINE else x * 85 + y * 46, dtype=np.int64)


def fault_of(uid: str, folder: Path = SAMPLES) -> str | None:
    """What is wrong with decoding that transfer syntax, or None where the sample comes out as it was drawn."""
    try:
        data = (folder / uid).read_bytes()
    except OSError as error:
        return f"no sample to try: {error.strerror}"
    bits = 8 if uid == JPEG_BASELINE else 12
    try:
        stream = None if uid == RLELossless else read_codestream_header(data)
        if stream is not None:
            check_complete(data, stream.coding)
        samples = decode(
            Frame(
                data=data,
                transfer_syntax=UID(uid),
                codestream=stream,
                rows=SIDE,
                columns=SIDE,
                samples=1,
                bits_allocated=8 if bits == 8 else 16,
                bits_stored=bits,
                high_bit=bits - 1,
                signed=False,
                by_plane=False,
                photometric="MONOCHROME2",
            )
        )
    except UnreadablePictureError as error:
        return error.detail
    if samples.values.shape != (SIDE, SIDE):
        return f"came out as {samples.values.shape}"
    farthest = int(np.abs(samples.values.astype(np.int64) - drawn(uid)).max())
    return f"a sample is {farthest} from what was drawn" if farthest > TOLERANCE.get(uid, 0) else None


def main() -> None:
    """Try them all, saying each at once, so that a crash shows where it happened."""
    for uid in promised():
        print(uid, fault_of(uid) or "ok", flush=True)  # noqa: T201  (the words to the parent)


if __name__ == "__main__":
    main()
