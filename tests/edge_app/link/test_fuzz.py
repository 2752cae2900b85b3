"""Whatever arrives: a message that comes back as itself, or a MessageError; in bounded memory.

A longer run: ``FUZZ_EXAMPLES=100000 ./edge test tests/edge_app/link/test_fuzz.py --timeout 0``.
"""

import os
import subprocess
import sys

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings

from edge_app.link.messages import MAX_BYTES
from edge_app.processes import module_environment
from tests.edge_app.link.fuzzing import Raw, damaged, head, message_of, tampered, written

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "120"))
LONG = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

OF = "0" * 32
ENVELOPE: list[object] = [1, "receipt", b"x" * 16, "unit/unit-31", "room/SIM-EAST", 5, {"of": OF}]
# What the hungriest reader makes of the most bytes: an empty map is one byte on the air and some seventy in memory.
MOST_TIMES_ITS_SIZE = 128


@LONG
@given(tampered())
def test_items_of_a_message_changed_for_others(content: bytes) -> None:
    message_of(content)


@LONG
@given(damaged())
def test_bits_flipped_and_pieces_moved(content: bytes) -> None:
    message_of(content)


def test_no_tag_is_taken_whatever_it_holds() -> None:
    """Each that cbor2 knows, and each that it does not: around the message, and around each thing in it as it should be."""
    assert message_of(cbor2.dumps(ENVELOPE)) is not None
    for tag in (*range(300), 1004, 43000, 55799, 2**32, 2**64 - 1):
        assert message_of(head(6, tag) + cbor2.dumps(ENVELOPE)) is None
        for place, item in enumerate(ENVELOPE):
            assert message_of(written([*ENVELOPE[:place], Raw(head(6, tag) + cbor2.dumps(item)), *ENVELOPE[place + 1 :]])) is None


# Each is what cbor2 would make of the tag on its own, where a message could have the value in it.
BUILT = {
    "an envelope that says it is CBOR": head(6, 55799) + cbor2.dumps(ENVELOPE),
    "a time as a bignum": written([*ENVELOPE[:5], Raw(b"\xc2\x41\x05"), {"of": OF}]),
    "a sender that is shared": written([*ENVELOPE[:3], Raw(b"\xd8\x1c\x6cunit/unit-31"), *ENVELOPE[4:]]),
    "an array of unknown length": b"\x9f" + cbor2.dumps(ENVELOPE)[1:] + b"\xff",
    "a body of unknown length": written([*ENVELOPE[:6], Raw(b"\xbf\x62of" + cbor2.dumps(OF) + b"\xff")]),
    "a key twice": written([*ENVELOPE[:6], Raw(b"\xa2\x62of" + cbor2.dumps("1" * 32) + b"\x62of" + cbor2.dumps(OF))]),
    "a version that is a fraction": written([1.0, *ENVELOPE[1:]]),
}


@pytest.mark.parametrize("content", BUILT.values(), ids=BUILT.keys())
def test_what_could_be_read_but_is_never_written_is_refused(content: bytes) -> None:
    assert message_of(content) is None


MANY = (written(f"{number:05x}") + b"\x00" for number in range(70_000))
HUNGRY = {
    "empty maps": head(4, MAX_BYTES - 5) + b"\xa0" * (MAX_BYTES - 5),
    "empty arrays": head(4, MAX_BYTES - 5) + b"\x80" * (MAX_BYTES - 5),
    "halves": head(4, MAX_BYTES // 3 - 5) + b"\xf9\x00\x00" * (MAX_BYTES // 3 - 5),
    "maps of one": head(4, MAX_BYTES // 3 - 5) + b"\xa1\x60\x00" * (MAX_BYTES // 3 - 5),
    "arrays that say they are long": (head(4, 2**31) * 4) + b"\x00" * 400_000,
    "an array that says it is longest": head(4, 2**64 - 1),
    "a map that says it is longest": head(5, 2**64 - 1),
    "bytes that say they are longest": head(2, 2**63 - 1),
    "text that says it is longest": head(3, 2**63 - 1),
    "a body of as many keys": written(
        [*ENVELOPE[:6], Raw(head(5, 70_000) + b"".join(written(f"{n:05x}") + b"\x00" for n in range(70_000)))]
    ),
}
# In a process of its own, whose highest use of memory is forgotten just before (proc_pid_clear_refs(5)).
MEASURE = """
import sys
from pathlib import Path
from edge_app.errors import MessageError
from edge_app.link.messages import decode
content = sys.stdin.buffer.read()
def most(): return 1024 * int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
Path("/proc/self/clear_refs").write_text("5")
before = most()
try:
    decode(content)
except MessageError:
    print(most() - before)
"""


def used_by(content: bytes) -> int:
    """The bytes of memory that it takes to refuse it."""
    command = [sys.executable, "-c", MEASURE]
    return int(subprocess.run(command, input=content, capture_output=True, env=module_environment(), timeout=60, check=True).stdout)


@pytest.mark.parametrize("content", HUNGRY.values(), ids=HUNGRY.keys())
def test_what_is_refused_costs_no_more_than_its_size_allows(content: bytes) -> None:
    assert len(content) <= MAX_BYTES
    assert used_by(content) <= MOST_TIMES_ITS_SIZE * MAX_BYTES


def test_what_is_used_is_measured() -> None:
    assert used_by(HUNGRY["empty maps"]) > 20 * MAX_BYTES
