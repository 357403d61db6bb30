"""W&B: online or offline without a question, and one run for one run."""

from __future__ import annotations

import pytest

from geodl.errors import ConfigError
from geodl.records.wandb_session import WandbSession, has_api_key, wandb_mode

OPTIONS = {"mode": "offline", "project": "p", "entity": None, "tags": [], "init_timeout": 5.0}
CONFIG = {"sweep": {"name": "s"}, "network": {"name": "resnet_mlp", "depth": 2}}


def session(folder, run_id="id-1"):
    return WandbSession(OPTIONS, folder=folder, run_id=run_id, config=CONFIG, slug="slug", job_type="resnet_mlp")


def test_without_a_key_auto_is_offline():
    assert not has_api_key()
    assert wandb_mode("auto") == "offline"


def test_with_a_key_auto_is_online(monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
    assert wandb_mode("auto") == "online"


def test_a_key_in_the_netrc_file_counts(monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("machine api.wandb.ai login user password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert wandb_mode("auto") == "online"
    monkeypatch.setenv("WANDB_BASE_URL", "https://elsewhere.example")
    assert wandb_mode("auto") == "offline"


@pytest.mark.parametrize("asked", ["offline", "dryrun", "disabled"])
def test_wandb_mode_of_the_environment_wins_over_auto(monkeypatch, asked):
    monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
    monkeypatch.setenv("WANDB_MODE", asked)
    assert wandb_mode("auto") == "offline"


def test_online_without_a_key_is_an_error_and_no_question():
    with pytest.raises(ConfigError, match=r"logger\.mode: expected an API key .* found none; run `wandb login`"):
        wandb_mode("online")


def test_online_without_a_server_is_an_error_in_time(monkeypatch, tmp_path):
    monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    options = {**OPTIONS, "mode": "online", "init_timeout": 3.0}
    with pytest.raises(ConfigError, match=r"logger\.mode: expected W&B's server"):
        WandbSession(options, folder=tmp_path, run_id="x", config=CONFIG, slug="slug", job_type="resnet_mlp")


def test_auto_without_a_server_goes_on_offline_and_says_so(monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    options = {**OPTIONS, "mode": "auto", "init_timeout": 3.0}
    live = WandbSession(options, folder=tmp_path, run_id="y", config=CONFIG, slug="slug", job_type="resnet_mlp")
    live.finish(failed=False)
    assert "recorded offline" in caplog.text
    assert list(tmp_path.glob("wandb/offline-run-*"))


def test_two_sessions_are_two_runs_and_leave_none_alive(tmp_path):
    import wandb

    ids = []
    for i in (1, 2):
        live = session(tmp_path / str(i), f"id-{i}")
        ids.append(live.run.id)
        live.finish(failed=False)
        assert wandb.run is None
    assert ids == ["id-1", "id-2"]


def test_a_live_run_of_somebody_else_is_refused(tmp_path):
    live = session(tmp_path / "a")
    try:
        with pytest.raises(ConfigError, match="expected no live W&B run"):
            session(tmp_path / "b", "id-2")
    finally:
        live.finish(failed=True)
