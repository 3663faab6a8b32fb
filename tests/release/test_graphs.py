"""The picture of who stands behind whom."""

from io import BytesIO

from PIL import Image

from pipeline.release.graphs import GRAPHS, drawn
from pipeline.release.plots import drawn_png
from tests.given.backstops import backstop
from tests.given.credit import land
from tests.given.support import build

BACKSTOPS = GRAPHS["marts.backstop"]


def test_a_graph_is_drawn_with_open_amounts_and_intent(db):
    statements = [
        backstop("A", "B"),
        backstop("B", "C", amount_usd=None),
        backstop("A", "C", is_binding=False),
    ]
    land(db, backstops=statements)
    build(db, "marts.backstop")
    picture = drawn(db, BACKSTOPS)
    assert picture is not None
    assert Image.open(BytesIO(picture)).size == (720, 720)
    assert drawn_png(db, "marts.backstop") == picture


def test_without_an_edge_there_is_no_picture(db):
    land(db)
    build(db, "marts.backstop")
    assert drawn(db, BACKSTOPS) is None
    assert drawn_png(db, "marts.backstop") is None
