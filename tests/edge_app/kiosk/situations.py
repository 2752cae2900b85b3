"""What the crew's screens must have room for."""

from collections.abc import Callable

from pydantic import TypeAdapter

from edge_app.casebook.offers import Reason, ReasonKind
from edge_app.casebook.readings import mark_dispatched
from edge_app.config import Dispatch
from edge_app.dispatch.offers import Event
from edge_app.dispatch.policy import Chooser
from edge_app.errors import Refusal
from edge_app.link.messages import AnswerKind
from edge_app.reading.finding import Flaw, Urgency
from tests.edge_app.kiosk.conftest import Seeder
from tests.edge_app.kiosk.figured import COMPLETE, GAPS, NOTHING, flawed
from tests.edge_app.kiosk.spines import NO_HIPS, drawn_spine


def _busy(seed: Seeder) -> None:
    """As full as a page gets: six hospitals, the longest names, two pictures, another case."""
    seed.no_answer()
    radiograph = seed.radiograph(study="1.9.6", age=0.5, ago_s=4000)
    reading = seed.assessed(radiograph, present=(("Pleural_Thickening", 0.998), ("Cardiomegaly", 0.91), ("Pneumothorax", 0.66)))
    seed.rendition(radiograph, 700, 300)
    seed.offers(reading, count=6, ago_s=20)
    seed.refused(seed.radiograph(study="1.9.6", ago_s=3000))
    late = seed.radiograph(study="1.9.6", ago_s=2)
    seed.assessed(
        late,
        present=(("Pleural_Thickening", 0.998), ("Cardiomegaly", 0.91), ("Pneumothorax", 0.66)),
        gate=flawed(Flaw.CUT_OFF, Flaw.OVER_EXPOSED),
        **COMPLETE,
    )
    seed.rendition(late, 300, 700)


def _four_unanswered(seed: Seeder) -> None:
    radiograph = seed.radiograph(age=103, ago_s=3000)
    seed.offers(seed.assessed(radiograph, present=(("Hernia", 0.9),)), count=4, ago_s=2900)
    seed.rendition(radiograph)


def _nine_asked(seed: Seeder) -> str:
    seed.link()
    radiograph = seed.radiograph(ago_s=500)
    offers = seed.offers(seed.assessed(radiograph), count=9, ago_s=480)
    seed.rendition(radiograph)
    for offer in offers[:2]:
        seed.says(offer, Event.PHONE_DECLINE)
    seed.says(offers[2], Event.EXPIRE)
    return radiograph.case_id


def _retaken(seed: Seeder) -> None:
    """The second picture was not read, and nobody was asked with the first."""
    seed.link()
    radiograph = seed.radiograph(study="1.9.6")
    mark_dispatched(seed.database, seed.assessed(radiograph).id)
    seed.refused(seed.radiograph(study="1.9.6"), Refusal.UNLIKE_TRAINING, gate=flawed(Flaw.INVERTED))


def _last_of_nine(seed: Seeder) -> None:
    _nine_asked(seed)
    seed.answers(seed.newest_offers()[-1], AnswerKind.ACCEPT, note="동문으로")


SITUATIONS: dict[str, Callable[[Seeder], object]] = {
    "waiting": lambda seed: seed.link(),
    "reading": Seeder.unread,
    "result": Seeder.result,
    "look now": lambda seed: seed.of_urgency(Urgency.IMMEDIATE),
    "can wait": lambda seed: seed.of_urgency(Urgency.DELAYED),
    "nothing urgent": lambda seed: seed.of_urgency(Urgency.NONE),
    "much unproven": Seeder.much_unproven,
    "accepted": Seeder.accepted,
    "accepted with conditions": Seeder.accepted_if,
    "original coming": Seeder.original_coming,
    "something said": Seeder.remarked,
    "diagnosed": Seeder.diagnosed,
    "followed and something said": lambda seed: seed.followed(seed.remarked()),
    "no_answer": Seeder.no_answer,
    "declined": Seeder.declined,
    "withdrawn": Seeder.withdrawn,
    "phoned": Seeder.phoned,
    "told too late": Seeder.told_too_late,
    "not in time": Seeder.not_in_time,
    "closed": Seeder.closed,
    "refused": Seeder.not_read,
    "cannot be sent": lambda seed: seed.not_read(Refusal.UNSUPPORTED_TRANSFER_SYNTAX),
    "spine": lambda seed: seed.offers(drawn_spine(seed)),
    "spine without hips": lambda seed: seed.offers(drawn_spine(seed, **NO_HIPS)),
    "no figures": lambda seed: seed.result(**NOTHING),
    "gaps and flaws": lambda seed: seed.result(Flaw.CUT_OFF, Flaw.UNDER_EXPOSED, Flaw.TURNED_RIGHT, **GAPS),
    "refused and flawed": lambda seed: seed.not_read(
        Refusal.UNLIKE_TRAINING, Flaw.TURNED_LEFT, Flaw.INVERTED, Flaw.UNDER_EXPOSED, Flaw.CUT_OFF
    ),
    "busy": _busy,
    "four unanswered": _four_unanswered,
    "nine asked": _nine_asked,
    "last of nine": _last_of_nine,
}


def _chosen_beside_a_picture_not_read(seed: Seeder) -> None:
    """As little room as there is for the ten seconds: another picture of the patient was not read."""
    seed.link()
    radiograph = seed.radiograph(study="1.9.6", age=0.5)
    mark_dispatched(seed.database, seed.assessed(radiograph, present=(("Pleural_Thickening", 0.998),)).id)
    seed.refused(seed.radiograph(study="1.9.6"))
    late = seed.radiograph(study="1.9.6")
    seed.assessed(late, present=(("Pleural_Thickening", 0.998),), gate=flawed(Flaw.CUT_OFF, Flaw.OVER_EXPOSED), **COMPLETE)
    seed.rendition(late)


def _picked_by_the_control_room(seed: Seeder) -> None:
    seed.result()
    chosen = Reason(ReasonKind.CHOSEN_BY, Chooser.CONTROL_ROOM)
    with seed.database.writing() as tables:
        for offer in seed.newest_offers():
            reasons = TypeAdapter(tuple[Reason, ...]).dump_json((chosen, Reason(ReasonKind.TRAVEL_ROAD, "osrm"), *offer.reasons))
            tables.table("offers").update(offer.id, {"reasons": reasons.decode()})


CREW = Dispatch(policy="crew")
SINGLE = Dispatch(policy="single", destination="A1100052")
CONTROL_ROOM = Dispatch(policy="control_room", control_room_phone="119")
FAR_CONTROL_ROOM = Dispatch(policy="control_room", control_room_phone="+82-2-1234-5678")
CHOOSING: dict[str, tuple[Dispatch, Callable[[Seeder], object]]] = {
    "the crew": (CREW, Seeder.to_choose),
    "the crew, unread": (CREW, Seeder.to_choose_unread),
    "the crew, retake": (CREW, _retaken),
    "the crew, asked": (CREW, _four_unanswered),
    "no such destination": (SINGLE, Seeder.no_destination),
    "the control room": (CONTROL_ROOM, Seeder.to_choose),
    "the control room, unread": (FAR_CONTROL_ROOM, Seeder.to_choose_unread),
    "the control room, little room": (FAR_CONTROL_ROOM, _chosen_beside_a_picture_not_read),
    "the control room has chosen": (FAR_CONTROL_ROOM, _picked_by_the_control_room),
}
"""What is shown where a person chooses whom to ask, and under which policy."""

TALKED = ("something said", "followed and something said", "diagnosed")
"""In which of them somebody has said something beside the answer."""

CALLED = ("no_answer", "busy", "four unanswered", "nine asked")
"""In which of them somebody is telephoned or asked beyond the others."""
