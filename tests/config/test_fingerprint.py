"""A run's name and identity."""

from __future__ import annotations

import copy
import re

import pytest

from geodl.config import fingerprint, slug


def change(config, key, value):
    changed = copy.deepcopy(config)
    *groups, last = key.split(".")
    node = changed
    for group in groups:
        node = node[group]
    node[last] = value
    return changed


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", 1),
        ("network.depth", 3),
        ("network.order", "post"),
        ("network.hidden", 32),
        ("optimizer.weight_decay", 1e-3),
        ("optimizer.decay", "all"),
        ("data.label_noise", 0.5),
        ("track.n_samples", 80),
        ("track.seed", 1),
        ("track.tokens", "cls"),
        ("track.read_outs", ["stem"]),
        ("trainer.max_epochs", 3),
        ("trainer.precision", "64-true"),
        ("loss.label_smoothing", 0.1),
        ("score.method", "sinkhorn"),
        ("callbacks.early_stopping.enabled", True),
    ],
)
def test_what_can_change_a_number_changes_the_fingerprint(compose_config, key, value):
    config = compose_config()
    assert fingerprint(change(config, key, value)) != fingerprint(config)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("paths.root", "/elsewhere"),
        ("sweep.name", "other"),
        ("logger.project", "other"),
        ("trainer.progress_bar", "off"),
        ("trainer.accelerator", "gpu"),
        ("track.save", "all"),
        ("score.background", True),
        ("score.max_memory", 4.0),
        ("callbacks.figure.n_tracks", 10),
        ("callbacks.profile.enabled", True),
    ],
)
def test_what_cannot_change_a_number_leaves_the_fingerprint(compose_config, key, value):
    config = compose_config()
    assert fingerprint(change(config, key, value)) == fingerprint(config)


def test_a_run_from_before_solvers_could_be_chosen_is_the_run_of_today(compose_config):
    config = compose_config()
    before = copy.deepcopy(config)
    for key in ("background", "method", "max_memory"):
        del before["score"][key]
    assert fingerprint(config) == fingerprint(before)
    assert config["score"]["method"] == "auto"  # only the copy that is hashed goes without


def test_a_run_from_before_blocks_had_a_width_of_their_own_is_the_run_of_today(compose_config):
    config = compose_config()
    before = copy.deepcopy(config)
    del before["network"]["hidden"]
    assert (fingerprint(config), slug(config)) == (fingerprint(before), slug(before))
    assert slug(change(config, "network.hidden", 32)) == "digits-resnet_mlp-d2-w16-h32-sgd-wd0.0005-s0"


def test_the_order_of_keys_does_not_matter(compose_config):
    config = compose_config()
    assert fingerprint(dict(reversed(config.items()))) == fingerprint(config)


def test_the_fingerprint_is_the_start_of_the_sha256_of_canonical_json():
    assert fingerprint({"seed": 0, "network": {"depth": 8}}) == "541427ca"


def test_a_slug_is_safe_as_a_folder_name(compose_config):
    name = slug(change(compose_config(), "data.name", "my data/$(rm -rf x)" + "y" * 200))
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,80}", name)


def test_a_slug_has_no_sizes_where_the_architecture_has_none_to_choose(compose_config):
    names = [slug(compose_config(*chosen, small=False)) for chosen in (("network=vit",), ("network=timm",))]
    assert names[0] == "mnist5k-vit-d6-w64-sgd-wd0.0005-s0"
    assert names[1] == "mnist5k-timm_vit_tiny_patch16_224-cifar-sgd-wd0.0005-s0"


def test_of_weights_to_start_from_the_content_counts_and_not_the_place(compose_config, tmp_path):
    prints = []
    for name, content in (("a.pt", b"one"), ("b.pt", b"one"), ("a.pt", b"two")):
        (tmp_path / name).write_bytes(content)
        chosen = ("network=torchvision", f"network.weights={tmp_path / name}")
        prints.append(fingerprint(compose_config(*chosen, small=False)))
    assert prints[0] == prints[1] != prints[2]


def test_of_a_users_own_file_the_content_counts_and_not_the_place(compose_config, tmp_path):
    prints = []
    for name, content in (("a.npz", b"one"), ("b.npz", b"one"), ("a.npz", b"two")):
        (tmp_path / name).write_bytes(content)
        prints.append(fingerprint(compose_config("data=npz", f"data.path={tmp_path / name}")))
    assert prints[0] == prints[1] != prints[2]


def test_paths_of_a_resolved_configuration_are_absolute(compose_config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEODL_ROOT", "some where")
    config = compose_config("data=npz", "data.path=mine.npz")
    assert config["data"]["path"] == str(tmp_path / "mine.npz")
