"""What a job of scoring means by what it leaves open, and the rules it has to keep."""

from __future__ import annotations

import pytest

from geodl.config import SCORE, check_command_line, fingerprint, register, settle, slug, validate_score
from geodl.errors import ConfigError

HUB = ["model=huggingface", "model.path=somebody/some-model"]


def test_sentences_are_what_passes_through_a_language_model(compose_score):
    config = settle(compose_score(*HUB))
    assert config["data"] == {"name": "sentences", "path": None, "max_length": 128}
    assert config["track"]["tokens"] == "mean"
    assert config["model"]["label"] == "some-model"
    validate_score(config)


def test_images_have_to_be_chosen(compose_score):
    with pytest.raises(ConfigError, match="data: expected a choice for model=torchvision"):
        settle(compose_score("model=torchvision"))


@pytest.mark.parametrize(
    ("overrides", "label"),
    [
        (["model=torchvision", "data=digits"], "resnet18 untrained"),
        (["model=torchvision", "model.weights=DEFAULT", "data=digits"], "resnet18 DEFAULT"),
        (["model=timm", "model.weights=/some/where/mine.pt", "data=digits"], "vit_tiny_patch16_224 mine"),
        (["model=python", "model.target=a.b.build", "data=digits"], "b.build"),
        ([*HUB, "model.path=/some/where/bert/model", "model.untrained=true"], "bert untrained"),
        ([*HUB, "model.label=mine"], "mine"),
    ],
)
def test_a_model_has_a_name_that_says_what_it_is(compose_score, overrides, label):
    assert settle(compose_score(*overrides))["model"]["label"] == label


def test_slug_and_fingerprint_tell_models_and_samples_apart(compose_score, tmp_path):
    base = ["model=torchvision", "data=digits"]
    config = settle(compose_score(*base))
    assert slug(config) == "digits-resnet18_untrained-s0"
    same = ["threads=2", "model.label=mine", "track.storage=disk", "n_tracks=5", "device=cpu", "data.batch_size=7"]
    assert fingerprint(settle(compose_score(*base, *same))) == fingerprint(config)
    for other in ("seed=1", "model.name=resnet34", "track.pool=mean", "track.n_samples=70", "track.read_outs=x"):
        assert fingerprint(settle(compose_score(*base, other))) != fingerprint(config)


def test_of_weights_and_folders_the_content_counts(compose_score, tmp_path):
    prints = []
    for name, content in (("a", "one"), ("b", "one"), ("a", "two")):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "config.json").write_text(content)
        prints.append(fingerprint(settle(compose_score(*HUB, f"model.path={tmp_path / name}"))))
    assert prints[0] == prints[1] != prints[2]


def test_of_a_users_own_code_the_source_counts(compose_score, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_package").mkdir()
    (tmp_path / "my_package" / "__init__.py").write_text("")
    prints = []
    for source in ("one = 1\n", "one = 1\n", "one = 2\n"):
        (tmp_path / "my_package" / "layers.py").write_text(source)
        config = compose_score("model=python", "model.target=my_package.build", "data=digits")
        prints.append(fingerprint(settle(config)))
    assert prints[0] == prints[1] != prints[2]
    assert fingerprint(settle(compose_score("model=python", "model.target=no_such.build", "data=digits")))


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["track.tokens=maen"], "track.tokens: expected one of mean, last, cls, flatten, all; found 'maen'; did you"),
        (["track.storage=tape"], "track.storage: expected one of memory, disk"),
        (["track.n_samples=1"], "track.n_samples: expected at least 2"),
        (["track.read_outs=[1,2]"], "track.read_outs: expected auto, a pattern or a list of names"),
        (["device=gpu"], "device: expected auto, cpu, cuda"),
        (["threads=0"], "threads: expected at least 1, found 0"),
        (["data=sentences", "data.path=/no/such/file"], "data.path: expected a file, found none at /no/such/file"),
        (["model.path=/no/such/folder"], "model.path: expected a folder with config.json, found none"),
        (["sweep.name=../evil"], "sweep.name: expected letters"),
        (["score.method=best"], "score.method: expected one of auto, certificate"),
        (["score.max_memory=-1"], "score.max_memory: expected more than 0, found -1"),
        (["model.image_size=0"], "model.image_size: expected at least 1"),
    ],
)
def test_a_bad_value_is_named(compose_score, overrides, expected):
    with pytest.raises(ConfigError) as error:
        validate_score(settle(compose_score(*HUB, *overrides)))
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["data=sentences"], "which brings no tokenizer"),
        (["data=digits", "model.normalize=weights"], "model.normalize: expected data where model.weights=null"),
        (["data=digits", "model.normalize=weights", "model.weights=DEFAULT"], "data.normalize: expected unit"),
        (["data=digits", "model.weights=./none.pt"], "model.weights: expected a file with a state dict, found none"),
        (["data=digits", "model.channels=repaet"], "did you mean 'repeat'"),
        (["data=digits", "score=line_shape", "score.line_shape=null"], "score: expected at least one score"),
    ],
)
def test_rules_across_fields(compose_score, overrides, expected):
    with pytest.raises(ConfigError) as error:
        validate_score(settle(compose_score("model=torchvision", *overrides)))
    assert expected in str(error.value)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("model=torchvison", "did you mean 'torchvision'?"),
        ("model.nmae=x", "did you mean 'model.name'?"),
        ("track=default", "track=default: no such choice"),
        ("network=resnet_mlp", "network: no such group or key"),
        ("optimizer.lr=1", "optimizer.lr: no such key"),
        ("track.tokns=mean", "did you mean 'track.tokens'?"),
        ("score.background=true", "score.background: no such key"),
    ],
)
def test_a_misspelt_name_fails_with_the_nearest_one(override, expected):
    register()
    with pytest.raises(ConfigError) as error:
        check_command_line([override], SCORE)
    assert expected in str(error.value)


def test_training_takes_no_model_and_no_sentences():
    register()
    for override in ("model=timm", "data=sentences", "track=model"):
        with pytest.raises(ConfigError, match="no such"):
            check_command_line([override])
    check_command_line(["model=python", "model.args.depth=3", "model.target=a.b"], SCORE)
