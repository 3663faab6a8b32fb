"""How far a word reaches, and loops, against networkx on random graphs."""

from itertools import pairwise

import networkx as nx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import warehouse as wh
from pipeline.build.model import models
from tests.given.backstops import backstop, entity
from tests.given.credit import land
from tests.given.support import build, rows

NAMES = "ABCDEF"
EDGES = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)).filter(
        lambda each: each[0] != each[1]
    ),
    st.tuples(st.integers(1, 99), st.booleans()),
    max_size=12,
)
BACKSTOP = "backstop_id, binding_scope, guarantor, guaranteed, guaranteed_role, amount_usd"


def query_of(table):
    [model] = [each for each in models() if each.table == table]
    return model.query


def given_edges(db, edges):
    """`marts.backstop` and an empty `marts.commitment`, as the graph says."""
    for table in ("backstop", "commitment"):
        db.execute(f"delete from marts.{table}")
    for (giver, taker), (amount, binds) in edges.items():
        db.execute(
            "insert into marts.backstop by name select ? as backstop_id, ? as binding_scope, "
            "? as guarantor, ? as guaranteed, 'neocloud' as guaranteed_role, ? as amount_usd, "
            "true as is_counted, false as is_total, 'filed' as deal_status, "
            "'lease_guarantee' as backstop_kind, now() as known_at, 'x' as source_url",
            [f"{giver}{taker}", "binding" if binds else "intent", giver, taker, float(amount)],
        )


def graph(edges, binding):
    made = nx.DiGraph()
    made.add_weighted_edges_from(
        (a, b, usd) for (a, b), (usd, binds) in edges.items() if binds or not binding
    )
    return made


def widest(made, start, end):
    """The best of all simple ways of at most three edges: its smallest edge."""
    ways = nx.all_simple_edge_paths(made, start, end, cutoff=3)
    return max(min(made.edges[edge]["weight"] for edge in way) for way in ways)


def empty(db):
    land(db)
    build(db, "marts.backstop", "marts.commitment")


def test_reach_and_loops_are_those_of_networkx(db):
    empty(db)

    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(EDGES)
    def holds(edges):
        given_edges(db, edges)
        binding = graph(edges, binding=True)
        found = {
            (each["guarantor"], each["reached_entity"]): each["reach_usd"]
            for each in db.sql(query_of("marts.backstop_reach")).pl().iter_rows(named=True)
            if each["binding_scope"] == "binding"
        }
        expected = {
            (start, end): widest(binding, start, end)
            for start in binding
            for end, steps in nx.single_source_shortest_path_length(binding, start, 3).items()
            if steps
        }
        assert found == expected
        loops = db.sql(query_of("marts.vendor_financing_loops")).pl()
        for scope, made in (("binding", binding), ("all", graph(edges, binding=False))):
            mine = {
                row["loop_path"]: row["loop_amount_usd"]
                for row in loops.iter_rows(named=True)
                if row["binding_scope"] == scope
            }
            theirs = {}
            for cycle in nx.simple_cycles(made, length_bound=4):
                first = cycle.index(min(cycle))
                ring = [*cycle[first:], *cycle[:first], cycle[first]]
                pairs = pairwise(ring)
                theirs[" > ".join(ring)] = min(made.edges[edge]["weight"] for edge in pairs)
            assert mine == theirs

    holds()


def test_nothing_goes_through_a_group(db):
    land(
        db,
        backstops=[backstop("A", "Many"), backstop("Many", "B")],
        entities=[entity("A"), entity("Many", role="group"), entity("B")],
    )
    build(db, "marts.backstop", "marts.backstop_reach")
    found = {
        (row["guarantor"], row["reached_entity"]) for row in rows(db, "from marts.backstop_reach")
    }
    assert found == {("A", "Many"), ("Many", "B")}


def test_a_way_with_an_open_edge_reaches_without_an_amount(db):
    land(db, backstops=[backstop("A", "B", amount_usd=None), backstop("B", "C")])
    build(db, "marts.backstop", "marts.backstop_reach")
    [row] = rows(db, "from marts.backstop_reach where guarantor = 'A' and reached_entity = 'C'")
    assert (row["reach_usd"], row["edges_without_amount_count"]) == (None, 1)
    assert wh.exists(db, "marts.backstop_reach")
