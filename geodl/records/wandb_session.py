"""One W&B run for one run of geodl: begun without a question, always ended, and marked failed when it failed."""

from __future__ import annotations

import csv
import logging
import netrc
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlparse

from pytorch_lightning.loggers import WandbLogger

from geodl.errors import ConfigError

log = logging.getLogger(__name__)

# Metrics that live on the epoch axis.
EPOCH_METRICS = ("geometry/*", "train/*", "test/*", "train_running/*", "gap/*", "optimizer/*", "time/*", "figures/*")

SUMMARY_KEY = "geodl"
"""Where in a run's summary stands what the report needs of it beside configuration and metrics."""


class WandbSession:
    """A live W&B run and the Lightning logger on it.

    Group = sweep, job type = architecture, name = slug, config = the resolved configuration, nested. Offline runs lie
    in the run folder and can be sent later with ``wandb sync``.

    Args:
        options: The ``logger`` group of the configuration.
        folder: The run folder; W&B's files go below it.
        run_id: W&B's id of the run.
        config: The resolved configuration.
        slug: The run's name.
        job_type: The architecture, or the model that is scored.

    Raises:
        ConfigError: If a W&B run is already live in this process, or ``logger.mode=online`` and the server cannot be
            reached.

    Attributes:
        run: The W&B run.
        logger: The Lightning logger on it.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        *,
        folder: Path,
        run_id: str,
        config: Mapping[str, Any],
        slug: str,
        job_type: str,
    ) -> None:
        import wandb  # a second of import that logger=csv need not pay

        if wandb.run is not None:
            raise ConfigError(
                f"logger: expected no live W&B run in this process, found {wandb.run.id}; finish it first, since two "
                "runs would write into one"
            )
        mode = wandb_mode(options["mode"])
        arguments: dict[str, Any] = {
            "project": options["project"],
            "entity": options["entity"],
            "tags": list(options["tags"]) or None,
            "id": run_id,
            "name": slug,
            "group": config["sweep"]["name"],
            "job_type": job_type,
            "config": dict(config),
            "dir": str(folder),
            "settings": wandb.Settings(console="off", silent=True, init_timeout=options["init_timeout"]),
        }
        try:
            self.run = wandb.init(mode=mode, **arguments)
        except (wandb.errors.Error, OSError) as error:
            if options["mode"] == "online":
                raise ConfigError(
                    f"logger.mode: expected W&B's server within {options['init_timeout']:g} s for logger.mode=online, "
                    f"found none ({str(error).splitlines()[0]}); use logger.mode=offline and `wandb sync` later"
                ) from error
            log.warning(
                "W&B cannot be reached within logger.init_timeout=%g s (%s): this run is recorded offline; send it "
                "later with wandb sync",
                options["init_timeout"],
                str(error).splitlines()[0],
            )
            # Another id: W&B's service holds on to that of the attempt that failed.
            self.run = wandb.init(mode="offline", **{**arguments, "id": f"{run_id}-offline"})
        self.run.define_metric("epoch")
        for pattern in EPOCH_METRICS:
            self.run.define_metric(pattern, step_metric="epoch")
        self.logger = WandbLogger(experiment=self.run, save_dir=str(folder))

    def log_scores(self, metrics: Mapping[str, float], figures: Mapping[str, Path], table: Path) -> None:
        """Log the scores of a model that is not in training, all at once: numbers, figures, table of read-outs.

        Args:
            metrics: Values by metric name.
            figures: PNG files by name.
            table: ``read_outs.csv``.
        """
        import wandb  # live already

        with table.open(encoding="utf-8", newline="") as file:
            columns, *rows = csv.reader(file)
        self.run.log({
            **metrics,
            **{f"figures/{name}": wandb.Image(str(path)) for name, path in figures.items()},
            "figures/read_outs": wandb.Table(columns=columns, data=rows),
        })

    def describe(self, facts: Mapping[str, Any]) -> None:
        """Add to the run's summary what neither its configuration nor its metrics say.

        Args:
            facts: Plain values: ``provenance``, ``summary`` without metrics, ``overrides``.
        """
        self.run.summary.update({SUMMARY_KEY: dict(facts)})

    def finish(self, *, failed: bool) -> None:
        """End the W&B run.

        Args:
            failed: Whether to mark it failed.
        """
        self.run.finish(exit_code=1 if failed else 0)


def wandb_mode(wanted: str) -> Literal["online", "offline"]:
    """Decide between online and offline without asking anybody.

    ``WANDB_MODE`` in the environment wins over ``auto``, as W&B's users expect.

    Args:
        wanted: ``auto``, ``online`` or ``offline``.

    Returns:
        ``online`` or ``offline``.

    Raises:
        ConfigError: If ``online`` is wanted and no API key is set up: W&B would ask for one and wait.
    """
    if wanted == "offline":
        return "offline"
    if wanted == "auto" and (asked := os.environ.get("WANDB_MODE")) in ("online", "offline", "dryrun", "disabled"):
        wanted = "online" if asked == "online" else "offline"
    if wanted == "offline":
        return "offline"
    if has_api_key():
        return "online"
    if wanted == "online":
        raise ConfigError(
            "logger.mode: expected an API key of W&B for online, found none; run `wandb login`, set WANDB_API_KEY, or "
            "use logger.mode=offline"
        )
    return "offline"


def has_api_key() -> bool:
    """Tell whether W&B has an API key, from the environment or the netrc file, without contacting anybody.

    Returns:
        True if there is one.
    """
    if os.environ.get("WANDB_API_KEY"):
        return True
    host = urlparse(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).netloc
    named = os.environ.get("NETRC")
    for file in [Path(named)] if named else [Path.home() / ".netrc", Path.home() / "_netrc"]:
        try:
            if netrc.netrc(str(file)).authenticators(host):
                return True
        except (FileNotFoundError, netrc.NetrcParseError):
            continue
    return False
