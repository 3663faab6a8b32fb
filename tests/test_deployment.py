"""Files of those who run it elsewhere: they fit what they run, as far as this machine can tell."""

import os
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]


def loaded(name: str):
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_the_history_in_postgres_is_the_only_thing_another_than_here():
    here, there = loaded("dagster.yaml"), loaded("deploy/dagster.postgres.yaml")
    assert set(there["storage"]) == {"postgres"}
    assert {**here, "storage": None} == {**there, "storage": None}


def test_a_container_is_given_what_its_configuration_asks_for():
    compose = loaded("deploy/compose.yaml")
    asked = loaded("deploy/dagster.postgres.yaml")["storage"]["postgres"]["postgres_db"]
    given = compose["services"]["warehouse"]["environment"]
    assert asked["password"]["env"] in given
    history = compose["services"]["history"]["environment"]
    assert (asked["username"], asked["db_name"]) == (
        history["POSTGRES_USER"],
        history["POSTGRES_DB"],
    )
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    for line in dockerfile.splitlines():
        if line.startswith("COPY") and not line.endswith(". ."):
            for name in line.split()[2:-1]:
                assert (ROOT / name).exists(), line


def test_the_spark_of_the_containers_is_the_one_the_client_speaks_to():
    services = loaded("deploy/compose.yaml")["services"]
    spark, store, ours = services["spark"], services["store"], services["warehouse"]
    lock = (ROOT / "requirements.spark.lock").read_text(encoding="utf-8")
    assert f"pyspark-client=={spark['image'].partition(':')[2]} " in lock
    assert [spark["profiles"], store["profiles"]] == [["spark"]] * 2
    said = dict(each[7:].split("=", 1) for each in spark["command"] if each.startswith("--conf="))
    # Whatever is reached is reached by this machine alone, and by both under one name.
    assert said["spark.connect.grpc.binding.address"] == "127.0.0.1"
    assert said["spark.hadoop.fs.s3a.endpoint"] == ours["environment"]["AWS_ENDPOINT_URL"]
    assert store["ports"] == ["127.0.0.1:9000:9000"]
    passwords = {
        store["environment"]["MINIO_ROOT_PASSWORD"],
        *(each["environment"]["AWS_SECRET_ACCESS_KEY"] for each in (spark, ours)),
    }
    assert len(passwords) == 1


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd on this machine")
def test_systemd_understands_the_unit(tmp_path):
    text = (ROOT / "deploy" / "gcw.service").read_text(encoding="utf-8")
    unit = tmp_path / "gcw.service"
    # Not this machine's user and folder: the command and the paths must exist to be verified.
    text = text.replace("/opt/gcw/.venv/bin/python", "/bin/true").replace("User=gcw", "User=root")
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True, text=True, timeout=30, check=False, env=os.environ | {"LC_ALL": "C"},
    )  # fmt: skip
    own = [line for line in done.stderr.splitlines() if "gcw.service" in line]
    assert own == [], done.stderr


def test_a_release_runs_verbs_there_are_and_keeps_no_secret():
    steps = loaded(".github/workflows/release.yml")["jobs"]["release"]["steps"]
    runs = [each["run"] for each in steps if "run" in each]
    assert "make run" in runs
    assert all("secrets." not in each for each in runs), "a secret in a command is in its log"


def test_the_command_is_one_that_can_be_called():
    with (ROOT / "pyproject.toml").open("rb") as file:
        [(name, target)] = tomllib.load(file)["project"]["scripts"].items()
    module, _, function = target.partition(":")
    assert (name, function) == ("gcw", "main")
    assert (ROOT / f"{module.replace('.', '/')}.py").is_file()
