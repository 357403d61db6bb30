"""What is said at the end of a multirun: which jobs are done, which failed and why."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from omegaconf import DictConfig

log = logging.getLogger(__name__)


class ClosingTable(Callback):
    """Collects the outcome of every job of a multirun.

    Hydra's own launcher runs all jobs whatever happens to one of them, and raises the first failure at the end, without
    its last hook and without a word on the others. So the table is asked for by whoever started Hydra.

    Attributes:
        current: The table of the multirun that this process has started last; None if it has started none.
        jobs: What each job returned or raised, in the order in which they ended.
    """

    current: ClassVar[ClosingTable | None] = None

    def __init__(self) -> None:
        self.jobs: list[JobReturn] = []

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Begin the table.

        Args:
            config: Hydra's configuration.
            **kwargs: None.
        """
        self.jobs = []
        ClosingTable.current = self

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **kwargs: Any) -> None:
        """Keep a job's outcome.

        Args:
            config: Hydra's configuration.
            job_return: What the job returned or raised.
            **kwargs: None.
        """
        self.jobs.append(job_return)
        if ClosingTable.current is self and job_return.status == JobStatus.FAILED:
            log.error("job failed: %s", _reason(job_return))

    @property
    def failed(self) -> list[JobReturn]:
        """The jobs that failed."""
        return [job for job in self.jobs if job.status == JobStatus.FAILED]

    def lines(self, done_word: str = "trained") -> list[str]:
        """Say what became of the jobs.

        Args:
            done_word: What a job that went well has done.

        Returns:
            A line that counts them, then for each failed job its overrides and the reason.
        """
        done = [job.return_value for job in self.jobs if job.status == JobStatus.COMPLETED]
        skipped = sum(bool(summary["skipped"]) for summary in done)
        lines = [
            f"{len(self.jobs)} jobs: {len(done) - skipped} {done_word}, {skipped} already finished, "
            f"{len(self.failed)} failed"
        ]
        for job in self.failed:
            lines += [f"  failed: {' '.join(job.overrides or [])}", f"          {_reason(job)}"]
        if self.failed:
            lines.append("given again, the command leaves the finished jobs alone and tries the others")
        return lines


def _reason(job: JobReturn) -> str:
    error = job._return_value  # return_value raises it
    return f"{type(error).__name__}: {error}"
