"""python -m export data: a report page and a manifest of every set that lies in the data folder."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge_app.progress import followed
from export.command_line import RUNS, parser_of
from export.datasets.canvases import UnreadableTrainingPictureError
from export.datasets.contact_sheet import write_contact_sheet
from export.datasets.duplicates import Likeness, groups_of, likenesses
from export.datasets.errors import DataSetError
from export.datasets.labelled import Labelled
from export.datasets.likeness import Looks, look_of
from export.datasets.manifest import write_manifest
from export.datasets.page import Block, Heading, Image, Link, Page, Paragraph, Table
from export.datasets.registry import Gathered, find, gather, unrecognised
from export.datasets.summary import Count, summarise
from export.plots import Bar, draw_bars

LISTED = 200
"""Of a list of files on a page, at most so many are written out; the counts are always whole."""


@dataclass(frozen=True)
class Fault:
    """A set, or a picture of one, that cannot be used, and why."""

    name: str
    why: str
    picture: Path | None = None


@dataclass(frozen=True)
class Twin:
    """Two pictures that show the same exposure, each with the name of its set's report."""

    first: Labelled
    first_set: str
    second: Labelled
    second_set: str
    likeness: Likeness


@dataclass(frozen=True)
class Survey:
    """Everything that was found in a data folder. ``names`` are those of the reports, one for each gathered set."""

    gathered: tuple[Gathered, ...]
    names: tuple[str, ...]
    faults: tuple[Fault, ...]
    unreadable: tuple[Fault, ...]
    twins: tuple[Twin, ...]
    groups: int
    unrecognised: tuple[Path, ...]


def _gathered(data: Path) -> tuple[list[Gathered], list[Fault]]:
    found, faults = [], []
    for own in find(data):
        print(f"{own.of.name}: {own.folder.relative_to(data)}", flush=True)
        try:
            found.append(gather(own))
        except DataSetError as error:
            faults.append(Fault(own.of.name, str(error)))
    return found, faults


def _names(gathered: Sequence[Gathered]) -> tuple[str, ...]:
    """A folder name for each report; where a set lies there twice, or is one's own, its folder's name is added."""
    often = Counter(own.found.of.name for own in gathered)
    taken: Counter[str] = Counter()
    names = []
    for own in gathered:
        name = own.found.of.name
        if often[name] > 1 or name == "own":
            name = f"{name}_{own.found.folder.name}"
        taken[name] += 1
        names.append(name if taken[name] == 1 else f"{name}_{taken[name]}")
    return tuple(names)


def _looked_at(gathered: Sequence[Gathered], names: Sequence[str]) -> tuple[list[tuple[Labelled, str]], list[Looks], list[Fault]]:
    """Every picture that can be read, with its set's name and its looks, and those that cannot."""
    pictures: list[tuple[Labelled, str]] = []
    looks: list[Looks] = []
    unreadable: list[Fault] = []
    for own, name in zip(gathered, names, strict=True):
        for picture in followed(own.pictures, f"{name}: pictures looked at"):
            try:
                looks.append(look_of(picture.path))
                pictures.append((picture, name))
            except UnreadableTrainingPictureError as error:
                unreadable.append(Fault(name, str(error), picture.path))
    return pictures, looks, unreadable


def survey(data: Path) -> Survey:
    """Find, read and compare everything in the data folder."""
    gathered, faults = _gathered(data)
    names = _names(gathered)
    pictures, looks, unreadable = _looked_at(gathered, names)
    alike = likenesses(Looks.together(looks))
    twins = tuple(Twin(*pictures[own.first], *pictures[own.second], own) for own in alike)
    groups = groups_of([(own.first, own.second) for own in alike], len(pictures))
    return Survey(tuple(gathered), names, tuple(faults), tuple(unreadable), twins, len(groups), tuple(unrecognised(data)))


def _count_table(what: str, counts: Sequence[Count]) -> Table:
    return Table((what, "pictures"), tuple((own.value, str(own.pictures)) for own in counts))


def _file_table(what: str, files: Sequence[str]) -> list[Block]:
    shown: list[Block] = [Table((what,), tuple((name,) for name in files[:LISTED]))]
    return [*shown, Paragraph(f"… and {len(files) - LISTED} more.")] if len(files) > LISTED else shown


def _twin_rows(twins: Sequence[Twin]) -> list[Block]:
    rows = tuple(
        (
            f"{own.first_set}/{own.first.path.name}",
            f"{own.second_set}/{own.second.path.name}",
            f"{own.likeness.correlation:.4f}",
            "yes" if own.likeness.mirrored else "no",
            "yes" if own.first.patient == own.second.patient else "no",
        )
        for own in twins[:LISTED]
    )
    blocks: list[Block] = [Table(("picture", "is also", "correlation", "mirrored", "same patient by name"), rows)]
    return [*blocks, Paragraph(f"… and {len(twins) - LISTED} more.")] if len(twins) > LISTED else blocks


def set_page(found: Survey, index: int) -> Page:
    """The page of one set."""
    gathered, name = found.gathered[index], found.names[index]
    of, counts = gathered.found.of, summarise(gathered.pictures)
    boxes = Counter(box.label for box in of.boxes(gathered.found.folder))
    unreadable = [own.why for own in found.unreadable if own.name == name]
    within = [own for own in found.twins if own.first_set == own.second_set == name]
    across = [own for own in found.twins if name in {own.first_set, own.second_set} and own.first_set != own.second_set]
    labels = tuple(
        (own.name, str(own.positives), str(own.patients_positive), str(own.negatives), str(own.unknown)) for own in counts.labels
    )
    blocks: list[Block] = [
        Paragraph("Real radiographs: this page and its contact sheet stay on this machine."),
        Table(
            ("about", ""),
            (
                ("set", of.name),
                ("licence", of.licence),
                ("to be found at", of.url),
                ("made of", of.needs),
                ("pictures", str(counts.pictures)),
                ("patients", f"{counts.patients} (at most {counts.most_of_a_patient} pictures of one)"),
                ("named in its tables but not there", str(len(gathered.missing))),
                ("there but not readable", str(len(unreadable))),
                ("same exposure twice within the set", str(len(within))),
                ("same exposure as in another set", str(len(across))),
            ),
        ),
        Heading("Labels"),
        Table(("label", "positive", "patients positive", "negative", "unknown"), labels) if labels else Paragraph("None."),
        *([Image("labels.png", f"how many pictures of {of.title} have each label")] if labels else []),
        Heading("Pictures"),
        _count_table("kind", counts.kinds),
        _count_table("view", counts.views),
        _count_table("sex", counts.sexes),
        _count_table("age in years", counts.ages),
    ]
    if counts.masks:
        blocks.append(_count_table("mask", counts.masks))
    if boxes:
        blocks.append(Table(("box", "boxes"), tuple((label, str(number)) for label, number in boxes.most_common())))
    if counts.licences:
        blocks.append(_count_table("licence of single pictures", counts.licences))
    blocks += [Heading("Examples"), Image("contact_sheet.png", f"examples of {of.title} with their file names")]
    for title, twins in (("The same exposure twice within the set", within), ("The same exposure in another set", across)):
        if twins:
            blocks += [Heading(title), *_twin_rows(twins)]
    if unreadable:
        blocks += [Heading("Not readable"), *_file_table("file and reason", unreadable)]
    if gathered.missing:
        blocks += [Heading("Not there"), *_file_table("file", [path.name for path in gathered.missing])]
    return Page(of.title, blocks)


def overview_page(found: Survey) -> Page:
    """The page that leads to all others."""
    rows = tuple(
        (name, own.found.of.title, str(len(own.pictures)), str(len({picture.patient for picture in own.pictures})), own.found.of.licence)
        for own, name in zip(found.gathered, found.names, strict=True)
    )
    between = Counter(f"{own.first_set} – {own.second_set}" for own in found.twins)
    blocks: list[Block] = [
        Table(("report", "set", "pictures", "patients", "licence"), rows) if rows else Paragraph("No set was found."),
        *(Link(f"{name}/report", name) for name in found.names),
        Heading("The same exposure more than once"),
        Paragraph(f"{len(found.twins)} pairs in {found.groups} groups. In a split the patients of a group must count as one."),
    ]
    if between:
        blocks.append(Table(("sets", "pairs"), tuple((sets, str(number)) for sets, number in between.most_common())))
    if found.faults:
        blocks += [Heading("Sets that cannot be used"), Table(("set", "why"), tuple((own.name, own.why) for own in found.faults))]
    if found.unrecognised:
        blocks += [Heading("Folders in which no set was recognised"), *_file_table("folder", [own.name for own in found.unrecognised])]
    return Page("Data", blocks)


def write_reports(found: Survey, out: Path) -> None:
    """Write the pages, contact sheets and manifests below ``out``."""
    for index, (own, name) in enumerate(zip(found.gathered, found.names, strict=True)):
        unreadable = {fault.picture for fault in found.unreadable}
        write_contact_sheet(out / name / "contact_sheet.png", [picture for picture in own.pictures if picture.path not in unreadable])
        write_manifest(out / name / "manifest.json", own)
        counted = [Bar(label.name, label.positives) for label in summarise(own.pictures).labels]
        if counted:
            draw_bars(out / name / "labels.png", [("labels", counted)], "positive pictures")
        set_page(found, index).write(out / name, "report")
    overview_page(found).write(out, "index")


def main(arguments: list[str]) -> int:
    """Parse the command line and report; 1 where a set or a picture cannot be used, so that nobody trains on less than they think."""
    parser = parser_of("data", __doc__, seeded=False)
    parser.add_argument("--out", type=Path, default=RUNS / "data", help="folder for the reports")
    given = parser.parse_args(arguments)
    if not given.data.is_dir():
        parser.error(f"{given.data} is no folder")
    found = survey(given.data)
    write_reports(found, given.out)
    for fault in (*found.faults, *found.unreadable):
        print(f"cannot be used: {fault.name}: {fault.why}", flush=True)
    print(f"{len(found.gathered)} sets, {len(found.twins)} pairs of the same exposure: {given.out / 'index.html'}", flush=True)
    return 1 if found.faults or found.unreadable else 0
