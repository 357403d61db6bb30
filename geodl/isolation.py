"""Keeping the jobs of a multirun, which share a process, from changing one another."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import random
import signal
import threading
import warnings
from collections.abc import Iterator

import numpy as np
import torch


@contextlib.contextmanager
def isolated(*, seed: int, threads: int | None, collect: bool = True) -> Iterator[None]:
    """Seed every global generator, and undo what a run changes in the process.

    Restored afterwards, also after an exception: environment variables, the number of threads, torch's choice of
    deterministic algorithms, the answer to Ctrl-C (Lightning switches it off once it was pressed), log levels.

    Args:
        seed: Seed of Python's, NumPy's and torch's global generators.
        threads: Number of CPU threads for torch; None leaves its own choice.
        collect: Whether to collect garbage at the end: half a second, which a run without modules need not pay.

    Yields:
        Nothing.
    """
    environment = dict(os.environ)
    threads_before = torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    in_main_thread = threading.current_thread() is threading.main_thread()
    answer = signal.getsignal(signal.SIGINT)
    lightning = logging.getLogger("pytorch_lightning")
    level = lightning.level
    lightning.setLevel(logging.WARNING)  # its hints on hardware are in provenance.json
    if threads is not None:
        torch.set_num_threads(threads)
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global generator is what other packages draw from
    torch.manual_seed(seed)
    try:
        with warnings.catch_warnings():
            # The data lie in memory: worker processes would only cost time.
            warnings.filterwarnings("ignore", ".*does not have many workers.*")
            # Lightning's own use of torch's tree specification; nothing a user could change.
            warnings.filterwarnings("ignore", ".*isinstance.treespec, LeafSpec.*")
            yield
    finally:
        os.environ.clear()
        os.environ.update(environment)
        torch.set_num_threads(threads_before)
        torch.use_deterministic_algorithms(deterministic)
        if in_main_thread:
            signal.signal(signal.SIGINT, answer)
        lightning.setLevel(level)
        if collect:
            # Modules and trainers refer to each other: without this a sweep grows until Python feels like it.
            gc.collect()
