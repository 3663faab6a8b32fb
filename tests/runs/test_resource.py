"""Whoever executes a run holds the warehouse while its steps do their work."""

import fcntl

import dagster as dg

from pipeline.runs.lock import holder, is_live
from pipeline.runs.resource import held
from pipeline.warehouse import Warehouse


def test_a_step_runs_under_the_lock_and_says_that_its_run_lives(store):
    seen = {}

    @dg.asset
    def step(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> None:
        with store.lock.open("r+") as again:
            try:
                fcntl.flock(again, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                seen["locked"] = True
        seen["what"] = holder(store.lock).what
        seen["run"] = context.run.run_id
        seen["lives"] = is_live(store.root, context.run.run_id)
        assert warehouse is store

    with dg.DagsterInstance.ephemeral() as instance:
        assert dg.materialize([step], resources={"warehouse": held(store)}, instance=instance)
    assert seen["locked"]
    assert seen["lives"]
    assert seen["what"].startswith(f"run {seen['run'][:8]}")
    assert holder(store.lock) is None, "and no longer"
