"""The folder of a run, and whose it is.

``outputs/<sweep>/<slug>-<fingerprint>/`` belongs to one configuration and seed. ``status.json`` says how far it got:
running, finished, failed or interrupted. A finished run is never touched again; an unfinished one is moved aside to
``.attempts/`` before it is tried anew, so nothing that was measured is lost.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from geodl.errors import RunFolderError
from geodl.records.atomic import write_json, write_text

log = logging.getLogger(__name__)


@dataclass
class RunFolder:
    """A run folder that this process owns.

    Attributes:
        path: The folder.
        status: What ``status.json`` holds.
    """

    path: Path
    status: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def claim(cls, sweep_folder: Path, slug: str, fingerprint: str, kind: str = "train") -> RunFolder:
        """Make the folder of a run, or find that it is finished.

        Args:
            sweep_folder: ``outputs/<sweep>``; made if missing.
            slug: The run's name for people.
            fingerprint: The run's identity.
            kind: ``train``, or ``score`` for a model that is scored as it is.

        Returns:
            The folder; :attr:`finished` says whether the run was done before, in which case nothing was touched.

        Raises:
            RunFolderError: If the folder cannot be written, or another process is running this very run.
        """
        path = sweep_folder / f"{slug}-{fingerprint}"
        attempt = 1
        try:
            if path.exists():
                before = read_status(path)
                if before.get("status") == "finished":
                    return cls(path, before)
                if is_alive(before):
                    raise RunFolderError(
                        f"{path}: expected no other process at this run, found it running as process "
                        f"{before.get('pid')} on {before.get('host')}; wait for it, or, if it is gone, "
                        "delete its status.json"
                    )
                attempt = int(before.get("attempt", 1)) + 1
                _move_aside(path, attempt - 1)
            path.mkdir(parents=True)
            for inner in ("figures", "tracks", *(("checkpoints",) if kind == "train" else ())):
                (path / inner).mkdir()
            folder = cls(path)
            folder.update(
                status="running",
                kind=kind,
                fingerprint=fingerprint,
                slug=slug,
                sweep=sweep_folder.name,
                wandb_id=f"{sweep_folder.name}-{fingerprint}-{attempt}",
                attempt=attempt,
                pid=os.getpid(),
                pid_started=_started(os.getpid()),
                host=platform.node(),
                started=_now(),
                ended=None,
                epoch=None,
                error=None,
                error_type=None,
            )
        except FileExistsError as error:
            raise RunFolderError(
                f"{path}: expected a folder of this run or none, found one that another process has just made, or a "
                "file; wait for the other process, or set sweep.name to another name"
            ) from error
        except OSError as error:
            raise RunFolderError(
                f"paths.outputs: expected a folder that can be written, found {path} ({error.strerror}); "
                "free space or set paths.outputs=<another folder>"
            ) from error
        return folder

    @property
    def finished(self) -> bool:
        """Whether the run was done before this process came."""
        return self.status.get("status") == "finished"

    @property
    def log_file(self) -> Path:
        """``train.log`` or ``score.log``."""
        return self.path / f"{self.status.get('kind', 'train')}.log"

    def update(self, **changes: Any) -> None:
        """Change ``status.json``.

        Args:
            **changes: Fields and their new values.
        """
        self.status.update(changes)
        write_json(self.path / "status.json", self.status)

    def end(self, status: str, error: BaseException | None = None) -> None:
        """Say how the run ended, in ``status.json`` and the log.

        A disk that cannot take a new file may still take the old one's content anew; where even that fails, it is
        reported and does not hide the error that ended the run.

        Args:
            status: ``finished``, ``failed`` or ``interrupted``.
            error: What ended it early.
        """
        self.status.update(
            status=status,
            ended=_now(),
            error=None if error is None else str(error),
            error_type=None if error is None else type(error).__name__,
        )
        try:
            try:
                write_json(self.path / "status.json", self.status)
            except OSError:
                (self.path / "status.json").write_text(json.dumps(self.status), encoding="utf-8")
            with self.log_file.open("a", encoding="utf-8") as file:
                file.write(f"{_now()} {status}" + (f": {type(error).__name__}: {error}\n" if error else "\n"))
        except OSError as problem:
            log.error("%s: could not be marked %s (%s)", self.path, status, problem.strerror)

    def write_configuration(self, config: Mapping[str, Any], overrides: list[str]) -> None:
        """Write ``config.yaml`` and ``overrides.yaml``.

        Args:
            config: The resolved configuration.
            overrides: The command line's overrides.
        """
        write_text(self.path / "config.yaml", yaml.safe_dump(dict(config), sort_keys=False))
        write_text(self.path / "overrides.yaml", yaml.safe_dump(overrides))

    def facts(self) -> dict[str, Any]:
        """Gather what dashboards cannot know of a run that has ended.

        Returns:
            ``provenance``, ``summary`` without its metrics, ``overrides``.
        """
        summary, origin = (
            json.loads((self.path / f"{name}.json").read_text(encoding="utf-8")) for name in ("summary", "provenance")
        )
        summary.pop("metrics")
        overrides = yaml.safe_load((self.path / "overrides.yaml").read_text(encoding="utf-8"))
        return {"provenance": origin, "summary": summary, "overrides": overrides}

    @contextlib.contextmanager
    def logging(self) -> Iterator[None]:
        """Copy what is logged to the run's log file while the run lasts.

        Yields:
            Nothing.
        """
        handler = _RunLog(self.log_file, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        root = logging.getLogger()
        root.addHandler(handler)
        try:
            yield
        finally:
            root.removeHandler(handler)
            handler.close()


class _RunLog(logging.FileHandler):
    """A log file that goes quiet on a full disk instead of printing a traceback for every line."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - logging's name and signature
        self.setLevel(logging.CRITICAL + 1)


def read_status(path: Path) -> dict[str, Any]:
    """Read ``status.json`` of a run folder.

    Args:
        path: The run folder.

    Returns:
        Its content, or an empty dictionary where it is missing or unreadable (a process killed at the very start).
    """
    try:
        content = json.loads((path / "status.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return content if isinstance(content, dict) else {}


def _move_aside(path: Path, attempt: int) -> None:
    attempts = path.parent / ".attempts"
    attempts.mkdir(exist_ok=True)
    target = attempts / f"{path.name}-{attempt}"
    while target.exists():
        attempt += 1
        target = attempts / f"{path.name}-{attempt}"
    path.rename(target)
    log.info("an unfinished attempt is kept in %s", target)


def is_alive(status: Mapping[str, Any]) -> bool:
    """Tell whether the process that wrote a status still runs.

    Args:
        status: Content of ``status.json``.

    Returns:
        True if it is running, as far as can be known: of a process on another host, nothing can.
    """
    if status.get("status") != "running":
        return False
    if status.get("host") != platform.node():
        return True
    pid = status.get("pid")
    if not isinstance(pid, int) or pid == os.getpid():
        return False  # our own number from before a restart, or a job of ours that ended without a word
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return status.get("pid_started") == _started(pid)


def _started(pid: int) -> str | None:
    # When it began, in the kernel's ticks: tells a process from a later one with the same number (Linux).
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
