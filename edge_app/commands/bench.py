"""`./edge bench`: the speed of this box, stage by stage, beside the same networks in FP32 and the same reading in eager PyTorch.

With ``--link`` it is the way of a case to a hospital and of the answer back that is measured, on links as they are in an ambulance.
"""

import argparse
import dataclasses
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge_app.benchmark import link
from edge_app.benchmark.eager import EagerComparison, LeftOutError, measure_eager
from edge_app.benchmark.machine import Machine, Others, this_machine
from edge_app.benchmark.networks import NetworkSpeed, Variant, measure_network
from edge_app.benchmark.readings import ReadingSpeed, measure_readings
from edge_app.benchmark.rounds import Spread
from edge_app.commands.standard_output import results_only
from edge_app.errors import ModelError
from edge_app.link.brokers import mosquitto
from edge_app.progress import followed
from edge_app.radiograph.reader import read_picture
from edge_app.reading.card import CARD
from edge_app.reading.engine import Engine
from edge_app.reading.models import cache_folder, models_folder
from edge_app.reading.reader import DECODE_LONGEST_SIDE, Reader
from edge_app.simulator.chest import simulated_chest
from edge_app.simulator.dicom import write_dx

NOTICE = "Research prototype, not a medical device"
_SEED = 1
_ROUNDS = 20
_SIDE = 2048
_FEWEST_ROUNDS = 2
_SMALLEST_SIDE = 256


@dataclass(frozen=True)
class Bench:
    """One run of the benchmark. Times are milliseconds, median and quartiles over ``rounds`` interleaved rounds.

    ``others`` is the share of the processor's time (0…1) that other programs took meanwhile. ``eager`` is None where there is no eager
    PyTorch to hold the reading against, and ``eager_left_out`` then says why.
    """

    notice: str
    machine: Machine
    threads: str
    rounds: int
    others: float
    picture: str
    networks: tuple[NetworkSpeed, ...]
    readings: tuple[ReadingSpeed, ...]
    eager: EagerComparison | None
    eager_left_out: str | None
    broken: tuple[str, ...]


@dataclass(frozen=True)
class LinkBench:
    """One run of ``--link``: every link, and the targets beside what was measured. ``others`` as in ``Bench``."""

    notice: str
    machine: Machine
    others: float
    broker: str
    links: tuple[link.LinkSpeed, ...]
    targets: tuple[link.Judged, ...]


def _number(least: int) -> Callable[[str], int]:
    """A parser of whole numbers from ``least`` up."""

    def parse(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least {least}")
        return int(text)

    return parse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `./edge bench` takes."""
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.add_argument("--link", action="store_true", help="only the way to a hospital and back, on thin links; about two minutes")
    parser.add_argument(
        "--rounds",
        type=_number(_FEWEST_ROUNDS),
        default=None,
        metavar="N",
        help=f"rounds to measure (default {_ROUNDS}; with --link {link.ROUNDS}, fewer on thin links, on the lossy one up to 24)",
    )
    parser.add_argument(
        "--side",
        type=_number(_SMALLEST_SIDE),
        default=None,
        metavar="PIXELS",
        help=f"side of the simulated radiograph (default {_SIDE}; with --link {link.SIDE})",
    )
    parser.add_argument(
        "--threads", type=_number(1), default=None, metavar="N", help="threads for each network (default: the runtimes' own choice)"
    )


def run(args: argparse.Namespace) -> int:
    """Measure and print; 0 when it was measured, however fast."""
    with results_only() as results:
        told: LinkBench | Bench
        if args.link:
            told = measure_link(rounds=args.rounds or link.ROUNDS, side=args.side or link.SIDE)
            text = link_as_text(told)
        else:
            rounds, side = args.rounds or _ROUNDS, args.side or _SIDE
            told = measure(models_folder(), cache_folder(), rounds=rounds, side=side, threads=args.threads)
            text = as_text(told)
        if args.json:
            text = json.dumps(dataclasses.asdict(told), ensure_ascii=False, allow_nan=False, indent=1)
        results.write(text + "\n")
    return 0


def measure_link(*, rounds: int, side: int) -> LinkBench:
    """Measure the way to a hospital and back. ServiceError where a part of the system does not start."""
    others = Others()
    links = link.measure_links(link.LINKS, rounds=rounds, side=side)
    return LinkBench(NOTICE, this_machine(), others.share(), "mosquitto" if mosquitto() else "embedded", links, link.judged(links))


def measure(models: Path, cache: Path, *, rounds: int, side: int, threads: int | None) -> Bench:
    """Measure every model in ``models`` and the way of one picture of ``side`` × ``side`` pixels through the reader."""
    chest, machine, others = simulated_chest(_SEED, side, side), this_machine(), Others()
    networks: list[NetworkSpeed] = []
    broken: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        file = write_dx(Path(folder) / "picture.dcm", chest)
        with Engine(models, cache, threads=threads) as engine:
            picture = read_picture(file, longest_side=DECODE_LONGEST_SIDE)
            for card in followed(sorted(models.glob(f"*/{CARD}")), "networks measured"):
                try:
                    networks.append(measure_network(card.parent, picture, rounds=rounds, threads=threads))
                except ModelError as error:
                    broken.append(str(error))
            reader = Reader(engine)
            reader.warm()
            readings = measure_readings(reader, chest, Path(folder), rounds=rounds)
        eager, left_out = _beside_eager(models, cache, file, rounds, threads or machine.cores)
    return Bench(
        notice=NOTICE,
        machine=machine,
        threads="chosen by each runtime" if threads is None else str(threads),
        rounds=rounds,
        others=others.share(),
        picture=f"simulated chest, {side}×{side} pixels, {chest.bits} bits",
        networks=tuple(networks),
        readings=readings,
        eager=eager,
        eager_left_out=left_out,
        broken=tuple(broken),
    )


def _beside_eager(models: Path, cache: Path, file: Path, rounds: int, threads: int) -> tuple[EagerComparison | None, str | None]:
    """The comparison, or why it was left out."""
    try:
        return measure_eager(models, cache, file, rounds=rounds, threads=threads), None
    except LeftOutError as error:
        return None, str(error)


def _ms(value: Spread | None) -> str:
    return f"{'–':>24}" if value is None else f"{value.median:8.1f} ({value.quarter:5.1f} to {value.three_quarters:5.1f})"


def _times(value: Spread) -> str:
    return f"{value.median:.2f} ({value.quarter:.2f} to {value.three_quarters:.2f})"


def _variant(variant: Variant) -> str:
    line = f"  {variant.runtime:<13} {variant.file:<20} {variant.precision or '':<5} {_ms(variant.milliseconds)}"
    if variant.error is not None:
        return f"{line}  does not run: {variant.error}"
    return line if variant.max_delta_p is None else f"{line}  {variant.max_delta_p:.4f}"


def _eager(bench: Bench) -> list[str]:
    """The chest reading beside eager PyTorch, line by line."""
    if bench.eager is None:
        return [f"the chest reading beside eager PyTorch FP32: left out, {bench.eager_left_out}"]
    lines = [
        f"the chest reading of a decoded picture, threads: {bench.eager.threads}; eager is PyTorch {bench.eager.pytorch}, FP32",
        f"  {'':<16} {'INT8 on this box':>24} {'eager':>24}",
        *(f"  {own.part:<16} {_ms(own.int8)} {_ms(own.eager)}  {_times(own.times)} times as long" for own in bench.eager.parts),
    ]
    return [*lines, *(f"  in neither: {missing}" for missing in bench.eager.missing)]


def as_text(bench: Bench) -> str:
    """The benchmark as tables for people."""
    instructions = ", ".join(bench.machine.int8_instructions) or "none"
    lines = [
        bench.notice,
        f"{bench.machine.processor}, {bench.machine.cores} cores ({bench.machine.system}); INT8 instructions: {instructions}",
        f"threads: {bench.threads}; {bench.rounds} interleaved rounds; milliseconds are medians (quartiles); {bench.picture}",
        f"other programs took {bench.others:.0%} of the processor meanwhile",
    ]
    lines += [f"broken: {each}" for each in bench.broken]
    if not bench.networks and not bench.broken:
        lines.append("no models on this box")
    for network in bench.networks:
        lines += [
            "",
            f"{network.model} ({network.input})",
            "  runtime       file                 kind       ms                    largest Δp from FP32",
        ]
        lines += [_variant(variant) for variant in network.variants]
        lines += [f"  {each.slower} takes {_times(each.times)} times as long as {each.faster}" for each in network.comparisons]
    lines += ["", f"one picture    {'decode':>14} {'gate':>24} {'infer':>24} {'total':>24}"]
    for reading in bench.readings:
        lines.append(f"  {reading.transfer_syntax}, {reading.size_bytes / 1e6:.1f} MB")
        lines.append(f"  {_ms(reading.decode)} {_ms(reading.gate)} {_ms(reading.infer)} {_ms(reading.total)}")
        if reading.reason is not None:
            lines.append(f"    not assessed: {reading.reason}")
    lines += sorted({f"ran by {reading.engine}" for reading in bench.readings if reading.engine})
    return "\n".join([*lines, "", *_eager(bench)])


def _seconds(took: link.Took | None) -> str:
    if took is None:
        return f"{'–':>22}"
    if took.median_s is None:
        return f"{'none came':>22}"
    missed = f" ({took.missed} none)" if took.missed else ""
    return f"{f'{took.median_s:.2f} / {took.worst_s:.2f}{missed}':>22}"


def link_as_text(bench: LinkBench) -> str:
    """The links as a table for people."""
    lines = [
        bench.notice,
        f"{bench.machine.processor}, {bench.machine.cores} cores ({bench.machine.system}); broker: {bench.broker}",
        f"other programs took {bench.others:.0%} of the processor meanwhile; seconds are median / worst; bytes are of one case on the wire",
        "decidable: from the offer to the first message durable at the hospital. picture: until one is whole there.",
        "answer: from the doctor's touch to the lease on the box. kiosk: from there to the kiosk's page.",
        "",
        f"{'':<30}{'rounds':>7}{'decidable':>22}{'× clean':>9}{'picture':>22}{'answer':>22}{'kiosk':>22}"
        f"{'up':>10}{'down':>9}{'again':>7}{'lost':>6}{'twice':>7}",
    ]
    for own in bench.links:
        times = "–" if own.times_clean is None else f"{own.times_clean:.1f}"
        lines.append(
            f"{own.link:<30}{own.rounds:>7}{_seconds(own.decidable)}{times:>9}{_seconds(own.picture)}{_seconds(own.answer)}"
            f"{_seconds(own.kiosk)}{own.up_bytes:>10,}{own.down_bytes:>9,}{own.sent_again:>7}{own.lost:>6}{own.shown_twice:>7}"
        )
    lines.append("")
    for each in bench.targets:
        worst = "none came" if each.worst_s is None else f"worst {each.worst_s:.2f} s"
        target = each.target
        lines.append(f"target: {target.what} within {target.most_s:g} s, {target.link}: {'met' if each.met else 'NOT met'}, {worst}")
    return "\n".join(lines)
