"""Dagster's launcher of runs, which can also say whether a run's process is alive.

Named in dagster.yaml, so that the daemon's run monitoring asks it. The launcher Dagster brings
answers nothing about runs on the same machine, and monitoring then leaves dead ones as they are.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._serdes import ConfigurableClassData

from pipeline.runs.dead import GONE, gone


class WatchedRunLauncher(DefaultRunLauncher):
    """The default launcher with a check of health by the run's lock.

    Args:
        warehouse: The warehouse's folder, as dagster.yaml says it.
        inst_data: Dagster's own record of the configuration.
    """

    def __init__(self, warehouse: str, inst_data: ConfigurableClassData | None = None) -> None:
        self.root = Path(warehouse)
        super().__init__(inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {"warehouse": dg.StringSource}

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData, config_value: Mapping[str, Any]
    ) -> "WatchedRunLauncher":
        return cls(config_value["warehouse"], inst_data)

    @property
    def supports_check_run_worker_health(self) -> bool:
        return True

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        record = self._instance.get_run_record_by_id(run.run_id)
        if record is not None and gone(self.root, record):
            return CheckRunHealthResult(WorkerStatus.FAILED, GONE)
        return CheckRunHealthResult(WorkerStatus.RUNNING)
