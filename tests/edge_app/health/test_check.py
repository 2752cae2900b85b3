"""A check's outcome cannot be half said."""

from collections.abc import Callable

import pytest

from edge_app.errors import Who
from edge_app.health.check import Check, State, failed, ok, warning


@pytest.mark.parametrize("state", [State.WARNING, State.FAILED])
@pytest.mark.parametrize(("remedy", "who"), [(None, Who.CREW), ("", Who.CREW), ("do it", None), (None, None)])
def test_a_fault_without_remedy_or_person_is_refused(state: State, remedy: str | None, who: Who | None) -> None:
    with pytest.raises(ValueError, match="disk"):
        Check("disk", state, "full", remedy, who)


def test_what_is_ok_has_no_remedy() -> None:
    with pytest.raises(ValueError, match="disk"):
        Check("disk", State.OK, "free", "do it", Who.CREW)


@pytest.mark.parametrize("make", [lambda: ok("disk", ""), lambda: warning("disk", "", "do it"), lambda: failed("disk", "", "do it")])
def test_a_check_says_what_it_saw(make: Callable[[], Check]) -> None:
    with pytest.raises(ValueError, match="disk"):
        make()
