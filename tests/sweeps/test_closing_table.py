"""What is said at the end of a multirun."""

from __future__ import annotations

import pytest
from hydra.core.utils import JobReturn, JobStatus
from omegaconf import OmegaConf

from geodl.sweeps import ClosingTable


@pytest.fixture(autouse=True)
def no_multirun():
    yield
    ClosingTable.current = None


def job(status, value, *overrides):
    done = JobReturn(overrides=list(overrides), status=status)
    done._return_value = value
    return done


def test_jobs_are_counted_and_failures_named():
    table = ClosingTable()
    table.on_multirun_start(OmegaConf.create())
    assert ClosingTable.current is table
    table.on_job_end(OmegaConf.create(), job(JobStatus.COMPLETED, {"skipped": False}, "seed=0"))
    table.on_job_end(OmegaConf.create(), job(JobStatus.COMPLETED, {"skipped": True}, "seed=1"))
    table.on_job_end(OmegaConf.create(), job(JobStatus.FAILED, ValueError("the reason"), "seed=2", "network.depth=0"))
    first, *rest = table.lines()
    assert first == "3 jobs: 1 trained, 1 already finished, 1 failed"
    assert rest[0] == "  failed: seed=2 network.depth=0"
    assert rest[1] == "          ValueError: the reason"


def test_a_single_run_has_no_table():
    table = ClosingTable()
    table.on_job_end(OmegaConf.create(), job(JobStatus.COMPLETED, {"skipped": False}))
    assert ClosingTable.current is None
