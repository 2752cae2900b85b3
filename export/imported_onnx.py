"""``python -m export import-onnx MODEL CARD``: a classifier that came as ONNX, with a card written by hand, becomes an INT8 model.

The card (JSON or TOML, see ``export/hand_card.py``) says what the network wants, what each of its numbers is and whose it is. Nothing is
believed that can be tried: the network is run, and what it gives is held against the card.
"""

from pathlib import Path

from edge_app.reading.probe import checked_run, empty_batch
from edge_app.reading.protocols.chest import CHEST_MODEL
from edge_app.reading.runtimes import OpenVinoRunner, RuntimeUnfitError
from export.atomic import replacing
from export.foreign_graph import in_one_line, read_network
from export.hand_card import HandCard, read_hand_card
from export.mapped_graph import in_contract
from export.recipe import Recipe
from export.runners import THREADS, draft_card
from export.trained_elsewhere import DoesNotFitError, TrainedElsewhere, finish, parser_for, place_of, recipe_of, refused
from export.workplace import Workplace

LIMITS = (
    "Research use, not a medical device. Trained elsewhere; which pictures it has seen is not known here, and figures may be of pictures "
    "that it has seen. Thresholds and calibration were set here."
)
_NO_MAP = "It gives no map: what it finds has no place."


def onnx_recipe(card: HandCard, *, mapped: bool) -> Recipe:
    """How the network is quantised and judged."""
    limits = [LIMITS, *([] if mapped else [_NO_MAP]), f"Its makers: {card.limits}", f"Licence: {card.licence}."]
    return recipe_of(
        TrainedElsewhere(card.labels, looks=card.input.sees),
        name=card.name,
        version=card.version,
        title=card.title,
        side=card.input.side,
        mean=card.input.card_mean,
        std=card.input.card_std,
        limits=" ".join(limits),
        mapped=mapped,
    )


def _hold_in_openvino(place: Workplace) -> None:
    """DoesNotFitError where OpenVINO, which the box runs it with, cannot run the network."""
    card = draft_card(place.recipe)
    try:
        checked_run(OpenVinoRunner(place.fp32, card, cache=None, threads=THREADS), card, empty_batch(card))
    except (RuntimeError, RuntimeUnfitError) as error:
        raise DoesNotFitError(f"OpenVINO cannot run the network: {in_one_line(error)}") from None


def main(arguments: list[str]) -> int:
    """Parse the command line; bring in, quantise, judge and package. 1 where something does not fit."""
    parser = parser_for("import-onnx", __doc__)
    parser.add_argument("network", type=Path, help="the ONNX file")
    parser.add_argument("card", type=Path, help="the card written by hand, JSON or TOML")
    given = parser.parse_args(arguments)
    try:
        card = read_hand_card(given.card)
        taken = in_contract(read_network(given.network, card), card)
        place = place_of(onnx_recipe(card, mapped=taken.mapped), given)
        with replacing(place.fp32) as temporary:
            temporary.write_bytes(taken.proto.SerializeToString())
        _hold_in_openvino(place)
    except DoesNotFitError as error:
        return refused(error)
    dropped = [name for name in card.outputs if name not in card.labels]
    print(f"{card.name}: {len(card.labels)} labels" + (f", without {', '.join(dropped)}" if dropped else ""), flush=True)
    if not taken.mapped:
        print(f"{card.name}: its end allows no map, so what it finds will have no box", flush=True)
    if card.name != CHEST_MODEL:
        print(
            f"{card.name}: the box reads chests with the model called {CHEST_MODEL}; this one it holds and does not read with", flush=True
        )
    return finish(place)
