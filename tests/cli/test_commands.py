"""The command line as a person types it: help, answers, mistakes, exit codes."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import ingest
from pipeline.build.model import models, rebuild
from pipeline.cli import app as cli
from pipeline.cli import asking, doctor
from pipeline.cli.asking import moment, past
from pipeline.cli.progress import working_on
from pipeline.cli.running import UnknownNameError, _jobs
from pipeline.columns import COLUMNS
from pipeline.release.publish import publish
from pipeline.runs.lock import BusyError
from pipeline.sources.source import discover
from pipeline.warehouse import Warehouse, opened_for_reading
from tests.given.market import open_for_business

ROOT = Path(__file__).resolve().parents[2]
LEVEL = """select observed_on, median_price_usd_per_gpu_hour as level from {}gpu_price_daily
    where tier = 'neocloud' and region_group = 'all' and observed_on = '2024-01-01'"""
THEN = "2024-01-06"


@pytest.fixture(scope="module")
def business(tmp_path_factory) -> Warehouse:
    """A published file of a small market."""
    store = Warehouse(tmp_path_factory.mktemp("cli") / "warehouse")
    open_for_business(store)
    [sources] = [each for each in models() if each.table == "meta.source_status"]
    with store.connect() as db:
        ingest.register(db, next(each for each in discover() if each.name == "vast"))
        rebuild(db, sources)
    publish(store)
    return store


@pytest.fixture
def gcw(business, monkeypatch, capsys):
    """One command on that file: its exit code, what it wrote and what it complained of."""

    def typed(*words: str, of: Warehouse = business) -> tuple[int, str, str]:
        monkeypatch.setattr(cli, "store", lambda: of)
        code = cli.main(words)
        said = capsys.readouterr()
        return code, said.out, said.err

    return typed


def test_without_a_word_it_says_what_there_is_and_does_nothing(gcw, store):
    for words in ((), ("--help",), ("run", "--help"), ("vintage", "-h")):
        code, said, _ = gcw(*words, of=store)
        assert code == 0
        assert "Usage" in said
    assert not store.root.exists()


def test_every_command_is_one_that_works(gcw):
    _, said, _ = gcw()
    commands = {each.name or each.callback.__name__ for each in cli.app.registered_commands}
    assert commands <= set(re.findall(r"[a-z]+", said))


def test_a_command_written_wrongly_is_refused_with_a_code_of_its_own(gcw):
    assert gcw("rum")[0] == 2
    assert gcw("run", "--wat")[0] == 2


def test_a_question_has_an_answer_in_three_forms(gcw):
    code, said, _ = gcw("sql", LEVEL.format(""), "--format", "json")
    assert code == 0
    assert json.loads(said) == [{"observed_on": "2024-01-01", "level": 2.4}]
    assert (
        gcw("sql", LEVEL.format("marts."), "-f", "csv")[1] == "observed_on,level\n2024-01-01,2.4\n"
    )
    assert gcw("sql", LEVEL.format(""))[1] == "observed_on\tlevel\n2024-01-01\t2.4\n"


def test_a_question_that_changes_the_file_is_refused(gcw):
    code, said, complaint = gcw("sql", "drop table marts.gpu_price_daily")
    assert (code, said) == (1, "")
    assert complaint.startswith("error: ")
    assert "read-only" in complaint


@pytest.mark.parametrize("schema", ["", "marts.", "vintage."])
def test_the_past_is_told_whichever_way_a_table_is_named(gcw, schema):
    """A late host of 2024-01-01 was not known on the 6th: 2.30 then, 2.40 now."""
    code, said, _ = gcw("vintage", THEN, LEVEL.format(schema), "-f", "json")
    assert code == 0
    assert json.loads(said)[0]["level"] == pytest.approx(2.3)


def test_what_has_no_past_is_not_shown_as_if_it_had(gcw):
    code, _, complaint = gcw("vintage", THEN, "from meta.publication")
    assert code == 1
    assert "meta.publication has no vintage" in complaint


def test_a_day_ends_at_midnight_utc_and_a_moment_is_taken_as_it_is():
    assert moment("2025-08-15") == datetime(2025, 8, 15, 23, 59, 59, tzinfo=UTC)
    assert moment("2025-08-15T10:00:00") == datetime(2025, 8, 15, 10, tzinfo=UTC)
    assert moment("2025-08-15T10:00:00+02:00") == datetime(2025, 8, 15, 8, tzinfo=UTC)
    with pytest.raises(ValueError, match="15"):
        moment("15/08/2025")
    assert "vintage" in past("from marts.facility;")


def test_nothing_published_is_told_with_the_way_out(gcw, store):
    for words in (("status",), ("sql", "select 1"), ("vintage", THEN, "select 1")):
        code, _, complaint = gcw(*words, of=store)
        assert code == 1
        assert "nothing has been published yet" in complaint


def test_status_names_the_file_and_what_became_of_each_source(gcw, business):
    code, said, _ = gcw("status")
    assert code == 0
    assert said.rstrip().endswith(f"published: {business.published}")
    document = json.loads(gcw("status", "--json")[1])
    assert document["published"] == str(business.published)
    assert document["tables"]["marts.gpu_price_daily"] > 0


def test_a_shell_shows_tables_meanings_and_mistakes_and_goes_on(business, capsys):
    lines = iter([
        ".help", ".tables quarantine", "describe gpu_price_daily", ".describe gpu_price_dayly",
        "select nonsense", ";", ".as_of 2024-01-06", *LEVEL.format("vintage.").splitlines(), "",
    ])  # fmt: skip

    def typed(_: str) -> str:
        try:
            return next(lines)
        except StopIteration:
            raise EOFError from None

    asking.shell(business, typed)
    said = capsys.readouterr().out
    assert ".describe TABLE" in said
    assert "staging.quarantine" in said
    level = COLUMNS["median_price_usd_per_gpu_hour"]
    assert f"median_price_usd_per_gpu_hour\tDOUBLE\t{level.unit}\t\t{level.doc}" in said
    assert "near: gpu_price_daily" in said
    assert "nonsense" in said
    assert "2024-01-01\t2.3" in said


def test_export_leaves_with_a_code_of_its_own_while_a_run_is_on(gcw, monkeypatch):
    def busy(*_: object, **__: object):
        raise BusyError("run.lock is held by process 1 (a test)")

    with monkeypatch.context() as held:
        held.setattr("pipeline.runs.lock.hold", busy)
        code, _, complaint = gcw("export")
    assert (code, complaint) == (75, "run.lock is held by process 1 (a test)\n")
    code, said, _ = gcw("export")
    assert code == 0
    assert "files in" in said


def test_a_name_that_is_not_there_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"no source 'vats'; did you mean vast"):
        _jobs("ingest", ["vats"])
    with pytest.raises(UnknownNameError, match="did you mean facility"):
        _jobs("build", ["facilty"])


def test_a_named_table_is_built_with_what_it_rests_on_and_no_more():
    [job] = _jobs("build", ["gpu_price_daily"])
    names = {key.to_user_string() for key in job.assets}
    assert {"marts/gpu_price_daily", "marts/provider_price_daily"} <= names
    assert not any("issuer" in each or "published" in each for each in names)
    [job] = _jobs("ingest", ["vast"])
    assert {key.to_user_string() for key in job.assets} == {"raw/vast", "staging/gpu_offers/vast"}


def test_a_step_is_told_in_words():
    assert working_on("raw__vast") == "asking vast"
    assert working_on("staging__gpu_offers__vast") == "reading vast"
    assert working_on("build_prices") == "build prices"


# --- doctor and the environment ----------------------------------------------------------------


def test_doctor_never_shows_what_a_key_holds(business):
    names = {name for source in discover() for name in source.secrets}
    env = dict.fromkeys(names, "hunter2")
    found = doctor.findings(business, env)
    assert "hunter2" not in repr(found)
    assert {each.about for each in found if each.found.startswith("set;")} == names
    assert not any(each.blocks for each in found)


def test_doctor_says_which_tables_spark_makes_and_what_it_lacks(store, tmp_path):
    env = {"ENGINE": "spark", "SPARK_REMOTE": "sc://localhost:1", "STORE": tmp_path.as_uri()}
    [said] = [each for each in doctor.findings(store, env) if each.about == "ENGINE"]
    assert said.found.startswith("Spark makes 17 tables")
    assert "vintage.*" in said.found
    assert not said.blocks
    [lacks] = [each for each in doctor.findings(store, {"ENGINE": "spark"}) if each.blocks]
    assert lacks.todo.startswith("ENGINE=spark needs SPARK_REMOTE")


def test_doctor_says_what_to_do_where_nothing_is_published(store):
    [finding] = [each for each in doctor.findings(store, {}) if each.about == "published"]
    assert finding.todo.endswith("run (works offline too)")


def test_every_variable_is_in_the_example_and_every_example_is_read():
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    listed = set(re.findall(r"^(?:# )?([A-Z_]+)=", text, re.MULTILINE))
    secrets = {name for source in discover() for name in source.secrets}
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "pipeline").rglob("*.py"))
    asked = set(re.findall(r'env(?:iron)?(?:\.get\(|\[)"([A-Z_]+)"', code))
    known_to_libraries = {"DAGSTER_HOME", "NO_COLOR"}
    assert listed == secrets | asked | known_to_libraries
    guide = (ROOT / "docs" / "GUIDE.md").read_text(encoding="utf-8")
    table = [line.split("|")[1] for line in guide.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`([A-Z_]+)`", "".join(table))) == listed


def test_the_file_that_was_asked_is_unchanged(business):
    with opened_for_reading(business.published) as db:
        assert db.execute("select count(*) > 0 from marts.gpu_price_daily").fetchall() == [(True,)]


def test_a_row_is_walked_back_to_what_it_was_read_from_and_made_again(gcw):
    key = ("tier=neocloud", "region_group=all", "observed_on=2024-01-02", "market=on_demand")
    code, said, _ = gcw("explain", "gpu_price_daily", *key)
    assert code == 0
    assert "made again from its inputs: all" in said
    assert "the median of its votes = 2.4" in said
    assert "steps.price_vote" in said
    assert "staging.gpu_offers" in said
    code, said, _ = gcw("explain", "marts.gpu_price_daily", *key, "--json")
    found = json.loads(said)
    assert found["row"]["median_price_usd_per_gpu_hour"] == 2.4
    [offers] = [each for each in found["steps"] if each["table"] == "staging.gpu_offers"]
    assert offers["rows"]
    assert all(each["source_url"] for each in offers["rows"])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("gpu_price_dayly",), "near: gpu_price_daily"),
        (("gpu_price_daily", "teir=neocloud"), "has no column 'teir': tier"),
        (("gpu_price_daily", "tier=neoclod"), "tier = neoclod; there is neocloud"),
    ],
)
def test_a_row_that_is_not_there_is_answered_with_the_nearest(gcw, words, why):
    code, _, complaint = gcw("explain", *words)
    assert code == 1
    assert why in complaint
