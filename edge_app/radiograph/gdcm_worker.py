"""A process of its own that decodes lossless and 12-bit JPEG with gdcm, which aborts on some malformed streams.

Run by its path. Requests come on standard input, replies go to standard output; an empty reply says that gdcm gave no pixels.
"""

import os
import resource
import signal
import struct
import sys

REQUEST = struct.Struct("<IIHBBQ")
REPLY = struct.Struct("<Q")


def decoded(data: bytes, rows: int, columns: int, samples: int, precision: int, *, lossless: bool) -> bytes:
    """The samples of a codestream, one byte each up to 8 bits and two above, little endian, colour by pixel; empty where there are none."""
    # Here and not above, so that the asking process can share the message layout without loading gdcm.
    import gdcm

    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(data)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((columns, rows, 1))
    image.SetDataElement(element)
    kind = gdcm.PhotometricInterpretation.MONOCHROME2 if samples == 1 else gdcm.PhotometricInterpretation.RGB
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(kind))
    syntax = gdcm.TransferSyntax.JPEGLosslessProcess14_1 if lossless else gdcm.TransferSyntax.JPEGExtendedProcess2_4
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    image.SetPixelFormat(gdcm.PixelFormat(samples, 8 if precision <= 8 else 16, precision, precision - 1, 0))
    # gdcm hands its bytes out as text.
    text = image.GetBuffer()
    return b"" if text is None else bytes(text.encode("utf-8", "surrogateescape"))


def main() -> None:
    """Answer requests until standard input ends."""
    # A crash must leave no picture behind in a core dump, and an interrupt is meant for the process that asks.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever the libraries print must not get between the replies.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while len(head := sys.stdin.buffer.read(REQUEST.size)) == REQUEST.size:
        rows, columns, samples, precision, lossless, length = REQUEST.unpack(head)
        pixels = decoded(sys.stdin.buffer.read(length), rows, columns, samples, precision, lossless=bool(lossless))
        replies.write(REPLY.pack(len(pixels)) + pixels)
        replies.flush()


if __name__ == "__main__":
    main()
