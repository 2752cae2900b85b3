"""What the gate is taught from."""

from pathlib import Path

from export.datasets.catalogue import LICENCES
from export.recipes.radiograph_gate import DRAWN, FRONTAL_CHESTS, KINDS, SHARES, gather


def test_every_kind_is_gathered_and_every_source_has_a_share_and_a_licence(made_up_data: Path, tmp_path: Path) -> None:
    pictures = gather(made_up_data, tmp_path, 24, 1)
    assert {picture.kind for picture in pictures} == set(KINDS)
    assert all(
        {kind: picture.labels[kind] for kind in KINDS} == {kind: float(kind == picture.kind) for kind in KINDS} for picture in pictures
    )
    sources = {picture.source for picture in pictures}
    assert sources - {"spine_lateral"} == set(SHARES)
    assert set(DRAWN) < sources <= set(LICENCES)
    assert {picture.kind for picture in pictures if picture.source == "paediatric"} == {"chest_child"}
    assert set(FRONTAL_CHESTS) < set(KINDS)
