"""The graph a person sees in the UI, and what happens when sources fail."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from pipeline import assets, due, ingest, source_assets
from pipeline import warehouse as wh
from pipeline.build.model import Model, checks, models, tables_read, upstream
from pipeline.capture.http import Response, UpstreamError
from pipeline.definitions import definitions
from pipeline.runs import described
from pipeline.sources.source import Backfill, Part, discover
from pipeline.warehouse import Warehouse, opened_for_reading

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RECORDED = {
    "skypilot_catalog": [("aws", "skypilot_catalog/aws.csv"), ("gcp", "skypilot_catalog/gcp.csv")],
    "runpod": [("all", "runpod/gpu_types.json")],
    "ecb_rates": [("all", "ecb_rates/latest.json")],
}


def source_of(name):
    return next(each for each in discover() if each.name == name)


def replayed(source):
    """Recorded answers for some sources; everything else is out of reach."""
    if source.fetch is None:
        return source

    def fetch(_):
        if source.name not in RECORDED:
            yield Part("all", UpstreamError("cannot be reached", url="https://example.org"))
        for part, name in RECORDED.get(source.name, []):
            body = (FIXTURES / name).read_bytes()
            yield Part(part, Response(f"https://example.org/{name}", 200, {}, body, NOW))

    return replace(source, fetch=fetch)


@pytest.fixture
def graph(store):
    # Without five years of history, which tests/test_history.py builds once.
    sources = [each for each in discover() if each.name != "gpu_price_history"]
    return definitions(tuple(replayed(each) for each in sources), store)


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def run(graph, name, instance, *only):
    job = graph.resolve_job_def(name)
    chosen = [*only] or None
    return job.execute_in_process(instance=instance, raise_on_error=False, asset_selection=chosen)


@pytest.fixture(scope="module")
def hour(tmp_path_factory):
    """Everything asked, while most is out of reach, and built: once, for the tests that look."""
    store = Warehouse(tmp_path_factory.mktemp("hour"))
    sources = [each for each in discover() if each.name != "gpu_price_history"]
    graph = definitions(tuple(replayed(each) for each in sources), store)
    with dg.DagsterInstance.ephemeral() as instance:
        done = SimpleNamespace(graph=graph, store=store, instance=instance)
        done.ingested = run(graph, "ingest", instance)
        done.built = run(graph, "build", instance)
        yield done


def test_a_source_without_its_key_is_neither_fresh_nor_failed(instance, store, monkeypatch):
    [source] = [each for each in discover() if each.name == "shadeform"]
    for name in source.secrets:
        monkeypatch.delenv(name, raising=False)
    made = [*source_assets.assets_for(source, (source,)), *source_assets.skipped_assets([source])]
    wanted = dg.AssetSelection.assets(*source_assets.keys([source]))
    result = dg.materialize(
        made, instance=instance, resources={"warehouse": store}, selection=wanted
    )
    assert result.success
    [note] = result.get_asset_materialization_events()
    assert note.asset_key.path == ["raw", "skipped_prices"]
    [said] = result.get_asset_observation_events()
    assert said.asset_observation_data.asset_observation.metadata["skipped"].value == (
        "set SHADEFORM_API_KEY"
    )
    with store.connect() as db:
        query = "select outcome, outcome_reason from meta.attempts where source = 'shadeform'"
        assert db.execute(query).fetchall() == [("skipped", "set SHADEFORM_API_KEY")]


def test_skipped_sources_are_observed_whatever_others_do(hour):
    """What a run plans and does not make is red in the UI once another of its steps fails."""
    skipped = {each.name: ingest.skipped(each) for each in discover() if ingest.skipped(each)}
    assert {"shadeform", "lambda_cloud"} <= skipped.keys()
    assert not hour.ingested.success
    observed = [
        each.asset_observation_data.asset_observation
        for each in hour.ingested.get_asset_observation_events()
    ]
    assert {each.asset_key.path[-1]: each.metadata["skipped"].value for each in observed} == skipped
    nodes = hour.graph.resolve_asset_graph()
    planned = {
        each.asset_key
        for each in hour.instance.get_records_for_run(
            hour.ingested.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED
        ).records
    }
    assert source_assets.raw_key(source_of("vast")) in planned
    for name in skipped:
        source = source_of(name)
        assert nodes.get(source_assets.raw_key(source)).is_observable
        assert not {source_assets.raw_key(source), source_assets.staging_key(source)} & planned
    with opened_for_reading(hour.store.published) as db:
        told = db.sql(
            "select source, outcome_reason, is_stale from meta.source_status "
            "where outcome = 'skipped'"
        ).fetchall()
    assert {name: reason for name, reason, _ in told} == skipped
    assert not any(is_stale for *_, is_stale in told), "nothing is held that could be old"


def test_a_committed_file_that_nobody_read_lately_is_told_by_its_asset(hour):
    """As `meta.source_status` has it; a file may land daily and be old."""
    checks = {
        each.asset_key.path[-1]: each.passed for each in hour.ingested.get_asset_check_evaluations()
    }
    with opened_for_reading(hour.store.published) as db:
        stale = dict(db.sql("select source, is_stale from meta.source_status").fetchall())
    files = [each for each in discover() if each.file and each.name != "gpu_price_history"]
    assert {each.name: not stale[each.name] for each in files} == checks


def test_every_table_is_an_asset_with_its_lineage(graph):
    nodes = graph.resolve_asset_graph()
    for each in models():
        assert nodes.has(assets.table_key(each.table))
    assert nodes.has(dg.AssetKey(["steps", "issuer_fact"]))
    parents = nodes.get(dg.AssetKey(["marts", "gpu_price_daily"])).parent_keys
    assert dg.AssetKey(["steps", "price_vote"]) in parents
    offers = nodes.get(dg.AssetKey(["marts", "host_price_daily"])).parent_keys
    assert dg.AssetKey(["staging", "gpu_offers", "vast"]) in offers


def test_domains_that_read_each_other_in_turns_are_built_in_turns(store):
    made = []
    for number, group in enumerate(["credit", "leverage", "credit", "leverage"]):
        layer = "steps" if number % 2 == 0 else "marts"
        query = "select 'recorded' as source, 0::bigint as refresh_days"
        if made:
            query = f"select source, refresh_days + 1 as refresh_days from {made[-1].table}"
        table = f"{layer}.number_{number}"
        made.append(Model(table, group, "Counts.", ("source",), query, tables_read(query)))
    producers = {each.table: [assets.table_key(each.table)] for each in made}
    graph = dg.Definitions(
        assets=assets.model_assets(made, producers), resources={"warehouse": store},
        jobs=[dg.define_asset_job("build")], executor=dg.in_process_executor,
    )  # fmt: skip
    with dg.DagsterInstance.ephemeral() as instance:
        assert run(graph, "build", instance).success
    with store.connect() as db:
        assert db.execute("select refresh_days from marts.number_3").fetchall() == [(3,)]


def test_the_ui_says_what_an_asset_is_made_of_and_by_what(hour):
    nodes = hour.graph.resolve_asset_graph()
    level = nodes.get(dg.AssetKey(["marts", "gpu_price_daily"]))
    assert level.kinds == {"duckdb", "sql"}
    assert level.owners
    assert "](/pictures/marts.gpu_price_daily.png)" in level.description
    [file] = level.metadata["dagster/code_references"].code_references
    assert Path(file.file_path).name == "gpu_price_daily.sql"
    for each in nodes.get_all_asset_keys():
        assert nodes.get(each).owners or each.path[0] in ("history", "published"), each
    made = hour.instance.get_latest_materialization_event(level.key).asset_materialization.metadata
    columns = {each.name: each for each in made["dagster/column_schema"].schema.columns}
    assert columns["median_price_usd_per_gpu_hour"].description.endswith("[USD/GPU-hour]")
    deps = made["dagster/column_lineage"].column_lineage.deps_by_column
    assert dg.TableColumnDep(dg.AssetKey(["steps", "price_vote"]), "tier") in deps["tier"]
    offers = nodes.get(dg.AssetKey(["staging", "gpu_offers", "runpod"]))
    assert "dagster/column_schema" in offers.metadata
    assert all(job.description for job in hour.graph.jobs)
    shown = described.published_columns(hour.store.published)["marts.gpu_price_daily"]
    assert [each.name for each in shown.columns] == [*columns]


def test_one_writer_at_a_time(graph):
    assert graph.executor is dg.in_process_executor
    needs = {op.required_resource_keys == {"warehouse"} for op in (a.op for a in graph.assets)}
    assert needs == {True}
    assert not any(definition.op.pool for definition in graph.assets), "a killed run keeps its slot"


def test_prices_run_hourly_and_schedules_start_by_themselves(graph):
    schedules = {each.name: each for each in graph.schedules}
    assert schedules["ingest_prices"].cron_schedule == "5 * * * *"
    assert {"ingest_prices", "ingest_reference", "build"} <= schedules.keys()
    assert all(s.default_status is dg.DefaultScheduleStatus.RUNNING for s in schedules.values())


def test_every_live_source_has_a_freshness_policy(graph):
    for source in discover():
        if source.fetch is not None:
            spec = graph.resolve_asset_graph().get(source_assets.staging_key(source))
            assert spec.freshness_policy is not None


def test_one_source_down_costs_its_own_rows_and_nothing_else(hour):
    assert not hour.ingested.success, "a source that is down shows red"
    failed = {event.step_key for event in hour.ingested.get_step_failure_events()}
    silent = [each for each in discover() if each.fetch and each.name not in RECORDED]
    assert "vast" in {each.name for each in silent}
    assert failed == {f"raw__{each.name}" for each in silent if not each.secrets}
    assert hour.built.success
    with opened_for_reading(hour.store.published) as db:
        status = dict(db.sql("select source, outcome from meta.source_status").fetchall())
        assert status["vast"] == "unreachable"
        assert status["runpod"] == status["skypilot_catalog"] == "landed"
        [(price,)] = db.sql(
            "select price_usd_per_gpu_hour from marts.provider_price_daily where provider = "
            "'runpod' and accelerator = 'nvidia-h100-sxm-80gb' and observed_on = '2026-11-20'"
        ).fetchall()
        assert price == 3.99


def test_a_run_with_nothing_new_asks_upstreams_and_leaves_the_rest(hour):
    sources = [each for each in discover() if each.name != "gpu_price_history"]
    asked = {key.path[-1] for key in due.to_ask(sources, hour.store)}
    upstreams = {each.name for each in sources if each.fetch is not None}
    assert {"runpod", "vast"} <= asked <= upstreams
    assert "shadeform" not in asked, "it has no key still, and its record says so"
    assert due.tables(hour.store) == ()


def test_what_rests_on_a_file_that_changed_is_built_and_published(hour):
    with hour.store.connect() as db:
        before = db.sql("from meta.versions").pl()
        wh.bump(db, "staging.claims")
    try:
        tables = {key.to_user_string() for key in due.tables(hour.store)}
    finally:
        with hour.store.connect() as db, wh.registered(db, before=before):
            db.execute("create or replace table meta.versions as from before")
    made = {"marts/claim_check"}
    assert tables == made | {f"published/{each}" for each in ("warehouse", "exports", "report")}
    assert due.tables(hour.store) == ()


def test_what_people_open_is_written_again_where_it_is_not_what_was_published(hour):
    page = hour.store.root / "report" / "index.html"
    text = page.read_text()
    page.unlink()
    assert [key.path for key in due.tables(hour.store)] == [["published", "report"]]
    page.write_text(text)
    kept = hour.store.published.read_bytes()
    hour.store.published.write_bytes(b"damaged")
    assert len(due.tables(hour.store)) == 3
    hour.store.published.write_bytes(kept)
    assert due.tables(hour.store) == ()


def test_a_check_reads_what_its_table_rests_on():
    """So a table that need not be built need not be audited again."""
    reads = {each.table: each.reads for each in models()}
    for check in checks():
        rests_on = upstream([check.table]).union(
            *(reads[each] for each in upstream([check.table])), [check.table]
        )
        assert tables_read(check.query) <= rests_on, f"{check.table}: {check.promise}"


def test_the_ui_shows_rows_newest_observation_and_quarantine(hour):
    key = dg.AssetKey(["staging", "gpu_offers", "runpod"])
    shown = hour.instance.get_latest_materialization_event(key).asset_materialization.metadata
    assert shown["dagster/row_count"].value > 0
    assert shown["quarantined"].value > 0
    assert shown["newest_observation"].value.startswith("2026-11-20")


def test_a_broken_mart_leaves_the_published_file_as_it_was(hour, monkeypatch):
    before = hour.store.published.read_bytes()

    def broken(_, model):
        raise assets.sql.ModelError(f"{model.table} breaks a promise")

    monkeypatch.setattr(assets.sql, "rebuild", broken)
    assert not run(hour.graph, "build", hour.instance).success
    assert hour.store.published.read_bytes() == before


def test_our_own_bug_is_not_retried(graph, instance, monkeypatch):
    asked = []

    def bug(source, _):
        asked.append(source.name)
        raise ZeroDivisionError

    monkeypatch.setattr(ingest, "capture", bug)
    live = [each for each in discover() if each.fetch and not ingest.skipped(each)]
    run(graph, "ingest", instance, *(source_assets.raw_key(each) for each in live))
    assert sorted(asked) == sorted(each.name for each in live)


def test_history_the_upstream_keeps_is_a_partitioned_backfill(store, instance):
    asked = []

    def fetch(first_day, _):
        asked.append(first_day)
        body = (FIXTURES / "runpod" / "gpu_types.json").read_bytes()
        at = NOW + timedelta(seconds=len(asked))
        part = first_day.isoformat()
        yield Part(part, Response("https://example.org/history", 200, {}, body, at))

    sources = []
    for each in discover():
        if each.name == "runpod":
            each = replace(each, backfill=Backfill("month", date(2026, 1, 1), fetch))
        if each.name != "gpu_price_history":
            sources.append(replayed(each))
    graph = definitions(tuple(sources), store)
    ingested = graph.resolve_job_def("ingest").asset_layer.executable_asset_keys
    assert all(key.path[0] != "history" for key in ingested)
    files = [source_assets.staging_key(each) for each in sources if each.domain == "reference"]
    offers = dg.AssetKey(["staging", "gpu_offers", "runpod"])
    run(graph, "ingest", instance, dg.AssetKey(["raw", "runpod"]), offers, *files)
    for key in ("2026-01-01", "2026-02-01"):
        done = dg.materialize(
            [a for a in graph.assets if dg.AssetKey(["history", "runpod"]) in a.keys],
            partition_key=key, instance=instance, resources={"warehouse": store},
        )  # fmt: skip
        assert done.success
    assert asked == [date(2026, 1, 1), date(2026, 2, 1)]
    parts = [each.part for each in store.raw.captures("runpod")]
    assert sorted(parts) == ["2026-01-01", "2026-02-01", "all"]
    with store.connect() as db:
        [(sightings,)] = db.execute(
            "select count(distinct observed_at) from staging.gpu_offers where source = 'runpod'"
        ).fetchall()
    assert sightings == 3


def test_a_model_that_reads_a_table_nobody_makes_fails_when_the_code_loads(store):
    with pytest.raises(ValueError, match="which nothing makes"):
        definitions(tuple(each for each in discover() if each.name != "providers"), store)
