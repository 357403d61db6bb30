"""Whose a run folder is, and that nothing finished is ever touched."""

from __future__ import annotations

import errno
import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from geodl.errors import RunFolderError
from geodl.records.run_folder import RunFolder, read_status


def claim(tmp_path):
    return RunFolder.claim(tmp_path / "sweep", "slug", "0123abcd")


def test_a_new_folder_is_running_and_ours(tmp_path):
    folder = claim(tmp_path)
    status = read_status(folder.path)
    assert folder.path == tmp_path / "sweep" / "slug-0123abcd"
    assert (status["status"], status["pid"], status["attempt"]) == ("running", os.getpid(), 1)
    assert status["wandb_id"] == "sweep-0123abcd-1"


def test_a_finished_folder_is_returned_untouched(tmp_path):
    first = claim(tmp_path)
    (first.path / "metrics.csv").write_text("epoch\n1\n")
    first.end("finished")
    before = {path: path.stat().st_mtime_ns for path in first.path.rglob("*")}
    again = claim(tmp_path)
    assert again.finished
    assert {path: path.stat().st_mtime_ns for path in first.path.rglob("*")} == before


@pytest.mark.parametrize("status", ["failed", "interrupted"])
def test_an_unfinished_attempt_is_kept_aside(tmp_path, status):
    first = claim(tmp_path)
    (first.path / "metrics.csv").write_text("epoch\n1\n")
    first.end(status, ValueError("why"))
    second = claim(tmp_path)
    kept = tmp_path / "sweep" / ".attempts" / "slug-0123abcd-1"
    assert (kept / "metrics.csv").read_text() == "epoch\n1\n"
    assert read_status(kept)["error"] == "why"
    assert second.status["attempt"] == 2
    assert second.status["wandb_id"] == "sweep-0123abcd-2"
    assert not (second.path / "metrics.csv").exists()


def test_a_folder_of_a_living_process_is_refused(tmp_path):
    folder = claim(tmp_path)
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        started = Path(f"/proc/{other.pid}/stat")
        ticks = started.read_text().rsplit(")", 1)[1].split()[19] if started.exists() else None
        folder.update(pid=other.pid, pid_started=ticks)
        with pytest.raises(RunFolderError, match=f"found it running as process {other.pid}"):
            claim(tmp_path)
    finally:
        other.communicate(b"\n")
    assert claim(tmp_path).status["attempt"] == 2  # the process is gone: its attempt is set aside


def test_a_process_number_used_again_does_not_block(tmp_path):
    folder = claim(tmp_path)
    folder.update(pid=os.getppid(), pid_started="another process had this number")
    if Path("/proc/self/stat").exists():
        assert claim(tmp_path).status["attempt"] == 2


def test_a_folder_running_on_another_host_is_refused(tmp_path):
    claim(tmp_path).update(host="elsewhere")
    with pytest.raises(RunFolderError, match="elsewhere"):
        claim(tmp_path)


def test_a_folder_without_readable_status_is_set_aside(tmp_path):
    folder = claim(tmp_path)
    (folder.path / "status.json").write_text('{"status": "runn')
    assert claim(tmp_path).status["status"] == "running"
    assert (tmp_path / "sweep" / ".attempts" / "slug-0123abcd-1" / "status.json").exists()


def test_an_output_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "sweep").write_text("a file")
    with pytest.raises(RunFolderError, match=r"paths\.outputs|expected a folder"):
        claim(tmp_path)


def test_a_full_disk_while_marking_the_end_is_said_and_does_not_hide_the_cause(tmp_path, monkeypatch, caplog):
    folder = claim(tmp_path)

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("geodl.records.run_folder.write_json", full)
    folder.end("failed", ValueError("the cause"))  # no room for a new file, but the old one can be written over
    assert read_status(folder.path)["status"] == "failed"
    assert read_status(folder.path)["error"] == "the cause"
    monkeypatch.setattr(Path, "write_text", full)
    with caplog.at_level(logging.ERROR):
        folder.end("interrupted")
    assert "could not be marked interrupted (No space left on device)" in caplog.text


def test_status_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    folder = claim(tmp_path)
    before = (folder.path / "status.json").read_text()

    def crash(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", crash)
    with pytest.raises(OSError, match="No space"):
        folder.update(epoch=3)
    assert (folder.path / "status.json").read_text() == before
    assert json.loads(before)["epoch"] is None
    assert [path.name for path in folder.path.glob(".*")] == []


def test_log_lines_reach_the_folder_while_the_run_lasts(tmp_path):
    folder = claim(tmp_path)
    logger = logging.getLogger("geodl.test")
    with folder.logging():
        logger.error("inside")
    logger.error("outside")
    text = (folder.path / "train.log").read_text()
    assert "inside" in text
    assert "outside" not in text
