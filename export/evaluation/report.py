"""The report of an evaluation for people, as Markdown and as HTML, made from the figures alone."""

from collections.abc import Sequence

from export.datasets.page import Block, Heading, Image, Page, Paragraph, Table
from export.evaluation.figures import Figures, Part
from export.evaluation.left_out import left_out_runs, pairs
from export.evaluation.plots import draw_plots
from export.evaluation.thresholds import ALARMED, MISSED, SCREENING_SENSITIVITY
from export.evaluation.words import NOTHING, estimate, interval, number, yes
from export.workplace import Workplace

NOT_A_DEVICE = "Research prototype, not a medical device."
_CALLED = (
    "Where there are 20 positives and the AUROC is above chance, a finding is called at 90 % specificity, and present and absent by "
    "conformal edges (below). Otherwise it is called at 95 %, present from 97.5 % and uncertain from 90 %. Kinds of picture with 20 of "
    "each have edges of their own; the table has those of all together. Thresholds were set on these same pictures; the calibration "
    "error is of probabilities that were calibrated on other patients."
)
_SCREENED = (
    f"A label that people are screened for is called from the highest threshold that finds {SCREENING_SENSITIVITY:.0%} of those that have "
    "it, as WHO asks of a triage test at least; its specificity is what that leaves. A site may choose another threshold: what it would "
    "be worth stands below."
)
_ADMITTED = (
    "A chest is admitted, by what all frontal chests have together, from the least threshold that admits nothing else, unless that refuses "
    "more than 1 % of the chests. Newborns are left out, and chests with a flaw that refuses them anyway."
)

_UNLIKE = (
    "A picture whose features lie further from those of the training pictures than all but one in a hundred of the pictures that the "
    "figures are of: on it no finding is called present or absent. How often that befalls pictures of other patients, by an edge that yet "
    "others set; what it makes of pictures that are no chests at all is in the report of wrong inputs."
)
_SAID = (
    f"Of a validated label it says absent and present only where at most {MISSED:.0%} of those that have it and {ALARMED:.0%} of those "
    "without it would be told wrongly, by conformal edges. Here they were set by other patients than those they are held against."
)
_SAID_COLUMNS = (
    "label",
    f"with it and not called absent (stated {1 - MISSED:.0%})",
    f"without it and not called present (stated {1 - ALARMED:.0%})",
    "undecided",
)


def _counted(counts: dict[str, int]) -> str:
    return f"{sum(counts.values())} pictures: {', '.join(f'{name} {count}' for name, count in sorted(counts.items()))}"


def _labels(figures: Figures) -> list[Block]:
    card = tuple(
        (
            *(own.name, str(own.positives), str(own.negatives), number(own.auroc), interval(own.auroc_ci95), number(own.threshold)),
            *(interval((own.uncertain_from, own.uncertain_to)), number(own.sensitivity), number(own.specificity), yes(own.validated)),
        )
        for own in figures.labels
    )
    details = tuple(
        (
            *(own.name, str(own.pictures), str(own.patients), estimate(own.auprc), estimate(own.sensitivity_at_90)),
            estimate(own.calibration_error),
        )
        for own in figures.label_details
    )
    said = tuple(
        (own.name, estimate(own.not_missed), estimate(own.not_alarmed), estimate(own.undecided))
        for own, card in zip(figures.label_details, figures.labels, strict=True)
        if card.validated and own.undecided.value is not None
    )
    called = [_CALLED] if any(own.group is None for own in figures.labels) else []
    columns = (
        "label",
        "positives",
        "negatives",
        "AUROC",
        "95 % interval",
        "threshold",
        "uncertain",
        "sensitivity",
        "specificity",
        "validated",
    )
    return [
        Heading("Labels"),
        *(Paragraph(words) for words in called),
        Table(columns, card),
        Table(("label", "pictures", "patients", "AUPRC", "sensitivity at 90 % specificity", "calibration error"), details),
        *_undecided(said),
        *_operating(figures),
        *_admission(figures),
    ]


def _operating(figures: Figures) -> list[Block]:
    """What a label that screens is worth at other thresholds."""
    blocks: list[Block] = []
    for own in figures.labels:
        if own.operating_points:
            rows = tuple(
                (
                    *(number(point.threshold), number(point.sensitivity), interval(point.sensitivity_ci95)),
                    *(number(point.specificity), interval(point.specificity_ci95)),
                )
                for point in own.operating_points
            )
            columns = ("called from", "sensitivity", "95 % interval", "specificity", "95 % interval")
            blocks += [Heading(f"Operating points: {own.name}"), Paragraph(_SCREENED), Table(columns, rows)]
    return blocks


def _undecided(rows: tuple[tuple[str, ...], ...]) -> list[Block]:
    return [Heading("Where the box does not say"), Paragraph(_SAID), Table(_SAID_COLUMNS, rows)] if rows else []


def _admission(figures: Figures) -> list[Block]:
    own = figures.admission
    if own is None:
        return []
    row = (
        *(" + ".join(own.labels), number(own.threshold), str(own.pictures), estimate(own.admitted, 4), str(own.others)),
        estimate(own.refused, 4),
    )
    return [
        Heading("Admission"),
        Paragraph(_ADMITTED),
        Table(("admitted", "threshold", "pictures", "let in", "others", "kept out"), (row,)),
    ]


def _likeness(figures: Figures) -> list[Block]:
    own = figures.likeness
    if own is None:
        return []
    rows = tuple(
        (one.source + (" (drawn)" if one.simulated else ""), str(one.pictures), str(one.unlike), f"{one.unlike / one.pictures:.1%}")
        for one in own.by_source
    )
    return [Heading("Unlike the training pictures"), Paragraph(_UNLIKE), Table(("source", "pictures", "called unlike", "share"), rows)]


def _structures(figures: Figures) -> list[Block]:
    rows = tuple(
        (
            *(card.name, str(own.pictures), str(own.patients), estimate(own.dice), estimate(own.expected_dice)),
            *(estimate(own.surface_distance, 4), str(own.not_found), yes(card.shown), yes(card.validated)),
        )
        for card, own in zip(figures.structures, figures.structure_details, strict=True)
    )
    columns = (
        "structure",
        "pictures",
        "patients",
        "Dice",
        "expected by the box",
        "distance, share of the longer side",
        "not found",
        "shown",
        "validated",
    )
    return [
        Heading("Structures"),
        Paragraph("On pictures on which somebody outlined the very structure; what the box makes of each mask, from one half up."),
        Table(columns, rows),
        *_angles(figures),
        *_watched(figures),
    ]


def _angles(figures: Figures) -> list[Block]:
    """What is measured on a spine's structures."""
    if not figures.angles:
        return []
    rows = tuple(
        (
            *(card.name, str(own.asked), str(own.measured), str(card.pictures), estimate(own.error, 2), number(own.nine_in_ten, 2)),
            *(number(own.worst, 1), number(own.bias, 2), estimate(own.within, 2), yes(card.validated)),
        )
        for card, own in zip(figures.angles, figures.angle_details, strict=True)
    )
    columns = (
        *("angle", "asked", "measured", "of them real", "mean absolute error, degrees", "nine in ten within", "worst", "bias"),
        *("within their margin", "validated"),
    )
    return [
        Heading("Angles"),
        Paragraph(
            "Measured as on the box and held against the landmarks that people placed, or a program where the spine is a phantom. A margin "
            "is so many of an angle's own standard deviations that nine in ten of other patients' lie within it."
        ),
        Table(columns, rows),
    ]


def _watched(figures: Figures) -> list[Block]:
    """What is told of whole videos by the structures on their frames."""
    if not figures.watched:
        return []
    labels = tuple(
        (
            *(card.name, str(own.videos), str(own.positives), str(card.positives), estimate(own.auroc), number(card.threshold)),
            *(number(card.sensitivity), number(card.specificity), yes(card.validated)),
        )
        for card, own in zip(figures.watched, figures.watched_details, strict=True)
    )
    times = tuple(
        (
            *(own.name, str(own.asked), str(own.measured), str(card.videos), estimate(own.error), number(own.nine_in_ten)),
            *(number(own.worst, 2), number(own.bias), yes(card.validated)),
        )
        for card, own in zip(figures.timed, figures.timed_details, strict=True)
    )
    return [
        Heading("Whole videos"),
        Paragraph(
            "Followed frame by frame as on the box and held against what people said of them, or a program where a video is a phantom. "
            "Times are in seconds, residue is in per cent of its region's room."
        ),
        Table(
            ("finding", "videos", "positives", "of them real", "AUROC", "called from", "sensitivity", "specificity", "validated"), labels
        ),
        Table(
            (
                *("measured", "asked", "measured on", "of them real", "mean absolute error", "nine in ten within", "worst", "bias"),
                "validated",
            ),
            times,
        ),
    ]


def _grades(figures: Figures) -> list[Block]:
    errors = tuple(
        (
            *(own.name, f"0–{own.maximum:g}", str(own.pictures), str(own.patients), estimate(own.mae, 2), estimate(own.reader_mae, 2)),
            *(estimate(own.readers_mae, 2), number(own.constant_mae, 2)),
        )
        for own in figures.grade_details
    )
    agreement = tuple(
        (own.name, estimate(own.correlation), estimate(own.bias, 2), interval(own.agreement, 2)) for own in figures.grade_details
    )
    columns = (
        *("grade", "points", "pictures", "patients", "network to the readers' mean", "network to a single reader"),
        *("reader to reader", "one score for all"),
    )
    return [
        Heading("Grades"),
        Paragraph("Mean absolute errors in points. To know nothing and give the median to every picture is the last column."),
        Table(columns, errors),
        Table(("grade", "correlation", "bias", "95 % of differences within"), agreement),
    ]


def _confusions(figures: Figures) -> list[Block]:
    blocks: list[Block] = []
    for own in figures.confusions:
        rows = tuple((name, *(str(count) for count in counts)) for name, counts in zip(own.names, own.counts, strict=False))
        blocks += [Heading(f"Confusion: {own.title}"), Table(("is, called", *own.names), rows)]
        if own.kappa is not None:
            readers = estimate(own.readers_kappa)
            blocks.append(Paragraph(f"Weighted kappa of the network {estimate(own.kappa)}, of two readers {readers}."))
    return blocks


def _fidelity(place: Workplace, figures: Figures) -> list[Block]:
    rows = tuple(
        (
            *(own.runtime, str(own.cases), f"{own.mean_delta_p:.4f}", f"{own.max_delta_p:.4f}"),
            *(
                f"{own.flips_at_threshold} of {figures.decisions}",
                own.score or NOTHING,
                number(own.score_fp32, 4),
                number(own.score_int8, 4),
            ),
            *(interval(own.cost_ci95, 4), interval(own.dice_to_fp32, 4)),
        )
        for own in figures.fidelity
    )
    breaches = figures.passes(place.recipe.cost)
    apart = [(own.runtime, own.repaired_apart) for own in figures.fidelity if own.repaired_apart is not None]
    columns = (
        *("runtime", "cases", "mean Δp", "max Δp", "decisions flipped", "score", "FP32", "INT8", "INT8 is worse by, 95 % interval"),
        "Dice to FP32, mean to least",
    )
    if figures.grades:
        means = "A decision is whether a grade lies in the upper half; errors are shares of the maxima."
    elif figures.structures:
        means = "A decision is whether a structure is found; Δp is of the share of the picture that it covers."
    else:
        means = "A decision is whether a label is called."
    return [
        Heading("INT8 against FP32, case by case"),
        Paragraph(means),
        Table(columns, rows),
        *(
            Paragraph(f"A pixel of the repaired picture is off by {mean:.4f} of 0…1 in {runtime}, on the worst picture by {most:.4f}.")
            for runtime, (mean, most) in apart
        ),
        Paragraph(
            "The gate before packaging is passed." if not breaches else f"The gate before packaging is not passed: {'; '.join(breaches)}."
        ),
    ]


def _parts(place: Workplace, parts: Sequence[Part], title: str) -> list[Block]:
    if not parts:
        return []
    sources = {own.by for own in parts} == {"source"}
    rows = tuple(
        (
            *((own.group, yes(own.group in place.recipe.shares)) if sources else (own.by, own.group)),
            own.output,
            *(() if own.positives is None else (str(own.positives), str(own.pictures - own.positives))),
            *(str(own.pictures), str(own.patients), estimate(own.score)),
            *(() if own.positives is None else (number(own.mean_probability), str(own.called))),
        )
        for own in parts
    )
    labels = parts[0].positives is not None
    columns = (
        *(("source", "trained on") if sources else ("by", "group")),
        *(("label", "positives", "negatives") if labels else ("output",)),
        *("pictures", "patients", _score_name(place)),
        *(("mean probability", "at or above threshold") if labels else ()),
    )
    return [Heading(title), Table(columns, rows)]


def _score_name(place: Workplace) -> str:
    task = place.recipe.task
    return "AUROC" if task.labels else "Dice" if task.structures else "mean absolute error"


def _left_out(place: Workplace, figures: Figures) -> list[Block]:
    def told(part: Part | None) -> tuple[str, ...]:
        """One run's figure on the source; of a label also how often it was called, for where a source has but one answer to it."""
        if part is None:
            return (NOTHING, NOTHING) if labels else (NOTHING,)
        return (estimate(part.score), f"{part.called} of {part.pictures}") if labels else (estimate(part.score),)

    labels = bool(place.recipe.task.labels)
    rows = [
        (source, part.output, *(() if part.positives is None else (str(part.positives),)), str(part.pictures), *told(part), *told(shown))
        for source, without in left_out_runs(place.runs, place.recipe.name).items()
        for part, shown in pairs(figures, without, source)
    ]
    if not rows:
        return []
    never, other = "never shown it", "shown other patients of it"
    columns = (
        *("source", "output", *(("positives",) if labels else ()), "pictures"),
        *(f"{what}, {how}" for how in (never, other) for what in (_score_name(place), *(("called",) if labels else ()))),
    )
    return [
        Heading("A source left out of training"),
        Paragraph("The same recipe, trained without one source and judged on it, beside the one that learnt from it."),
        Table(columns, tuple(rows)),
    ]


def report_page(place: Workplace, figures: Figures, plots: Sequence[tuple[str, str]]) -> Page:
    """The whole report; ``plots`` are (file beside it, what it shows)."""
    recipe = place.recipe
    blocks: list[Block] = [
        Paragraph(NOT_A_DEVICE),
        Paragraph(f"Trained on {_counted(figures.training_pictures)}."),
        Paragraph(
            f"Figures on {_counted(figures.validation_pictures)}. All are of other patients than those trained on; in brackets and as "
            "intervals stands what 95 % of draws of patients give."
        ),
    ]
    if recipe.figure_folds:
        blocks.append(
            Paragraph(
                f"The figures come from {recipe.figure_folds} models, each judged on the patients that it has not seen; the one that ships "
                "has seen all, so its own figures can only be guessed from theirs."
            )
        )
    if figures.left_out:
        blocks.append(Paragraph(f"{figures.left_out} more pictures could not be judged: the box shows the network nothing of them."))
    for wanted, made in ((figures.labels, _labels), (figures.structures, _structures), (figures.grades, _grades)):
        blocks += made(figures) if wanted else []
    blocks += _likeness(figures)
    blocks += _confusions(figures)
    blocks += _fidelity(place, figures)
    blocks += _parts(place, figures.by_source, "By source")
    blocks += _parts(place, figures.subgroups, "By sex, age and view")
    blocks += _left_out(place, figures)
    worst = tuple((own.picture, own.output, own.truth, own.answer) for own in figures.worst)
    if worst:
        blocks += [Heading(f"The worst {len(worst)} pictures"), Table(("picture", "output", "is", "answer"), worst)]
    blocks += [Heading("Plots"), *(Image(file, shows) for file, shows in plots)]
    return Page(f"{recipe.title} ({recipe.name} {recipe.version})", blocks)


def write_report(place: Workplace, figures: Figures) -> None:
    """Write ``report.md``, ``report.html`` and the plots beside them into the run's folder."""
    report_page(place, figures, draw_plots(figures, place.folder)).write(place.folder, "report")
