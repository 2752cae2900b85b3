"""How both screens show a picture that is still coming."""

from dataclasses import dataclass, field

from edge_app.link.arriving import Arriving


@dataclass(frozen=True)
class ArrivingView:
    """``percent`` of ``megabytes`` are proven to be there. ``left_minutes`` is None where no pace was measured.

    ``still_since_ms`` is since when nothing has come, None while it moves; ``still_s`` how long that is.
    """

    percent: int
    here_megabytes: str
    megabytes: str
    left_minutes: int | None
    still_since_ms: int | None
    still_s: float | None = field(compare=False, repr=False)


def arriving_view(told: Arriving) -> ArrivingView:
    """What is shown of it."""
    still = told.still_s is not None
    return ArrivingView(
        told.percent,
        _megabytes(told.here_bytes),
        _megabytes(told.size_bytes),
        told.left_minutes,
        told.moved.unix_ms if still else None,
        told.still_s,
    )


def _megabytes(size_bytes: int) -> str:
    """With two decimals below one, so that a small picture is not nothing."""
    return f"{size_bytes / 1e6:.1f}" if size_bytes >= 1e6 else f"{size_bytes / 1e6:.2f}"
