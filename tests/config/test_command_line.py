"""Misspelt names, with every prefix that Hydra knows."""

from __future__ import annotations

import pytest

from geodl.config import check_command_line, register
from geodl.errors import ConfigError


@pytest.fixture(autouse=True)
def registered():
    register()


@pytest.mark.parametrize("prefix", ["", "+", "++"])
@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("optimizer.weigth_decay=1e-3", "'optimizer.weight_decay'"),
        ("network.dept=3", "'network.depth'"),
        ("netwrok=resnet_mlp", "'network'"),
        ("sede=1", "'seed'"),
        ("weight_decay=0", "'optimizer.weight_decay'"),
        ("hydra.swep.dir=x", "'hydra.sweep.dir'"),
        ("score.line_shape.whne=ends", "'score.line_shape.when'"),
        ("score.backgruond=true", "'score.background'"),
        ("score.max_memroy=2", "'score.max_memory'"),
    ],
)
def test_a_misspelt_key_fails_with_the_nearest_name(prefix, override, expected):
    with pytest.raises(ConfigError, match="no such") as error:
        check_command_line([prefix + override])
    assert f"did you mean {expected}?" in str(error.value)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("network=resnet_mpl", "did you mean 'resnet_mlp'?"),
        ("network=plain_mlp,resnet_mpl", "did you mean 'resnet_mlp'?"),
        ("experiment=dmeo", "did you mean 'demo'?"),
        ("score=[line_shape,optimal_transprot]", "did you mean 'optimal_transport'?"),
        ("data=imagenet", "known: blobs, cifar10"),
        ("score=null", "no such choice"),
        ("hydra/launcher=basci", "did you mean 'basic'?"),
    ],
)
def test_a_misspelt_choice_fails_with_the_nearest_name(override, expected):
    with pytest.raises(ConfigError, match="no such choice") as error:
        check_command_line([override])
    assert expected in str(error.value)


def test_a_depth_is_no_key_of_an_architecture_that_comes_with_its_own():
    with pytest.raises(ConfigError, match=r"network\.depth: no such key; .*\(keys of network: family, library, name"):
        check_command_line(["network=torchvision", "network.depth=4"])


def test_a_pattern_that_matches_nothing_fails():
    with pytest.raises(ConfigError, match=r"network=glob\(zzz\*\): matches no choice; choices: plain_cnn"):
        check_command_line(["network=glob(zzz*)"])


@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["network.depth=4,8,16", "seed=range(0,5)"],
        ["network=plain_mlp,resnet_cnn", "network.stages=1"],  # a key of one of two swept choices
        ["network=plain_cnn,torchvision,timm"],
        ["network=torchvision", "network.name=resnet18,mobilenet_v2", "network.stem=cifar,imagenet"],
        ["network=vit,timm", "network.patch_size=2,4", "track.tokens=mean,cls"],
        ["track.read_outs=[layer1.0,layer1.1]"],
        ["score=[line_shape,optimal_transport]", "score.line_shape.when=ends"],
        ["score=fast", "score.background=true", "score.method=simplex,emd", "score.max_memory=2"],
        ["experiment=demo", "network.depth=2"],
        ["experiment=depth", "sweep.name=mine", "scale=paper"],
        ["data=npz", "data.path=x.npz"],
        ["hydra.sweeper.max_batch_size=3", "hydra.job.chdir=false"],
        ["~debug"],
        ["score.action=null", "++seed=3"],
    ],
)
def test_what_is_spelt_right_passes(overrides):
    check_command_line(overrides)


def test_a_line_that_hydra_cannot_read_fails_in_one_line():
    with pytest.raises(ConfigError) as error:
        check_command_line(["seed=["])
    assert "\n" not in str(error.value)


def test_a_misspelt_key_in_a_yaml_file_names_the_file(tmp_path, monkeypatch):
    import shutil

    from geodl.config import command_line, conf_dir

    copy = tmp_path / "conf"
    shutil.copytree(conf_dir(), copy)
    (copy / "experiment" / "mine.yaml").write_text("# @package _global_\noptimizer:\n  weigth_decay: 0.1\n")
    monkeypatch.setattr(command_line, "conf_dir", lambda: copy)
    with pytest.raises(ConfigError) as error:
        check_command_line(["experiment=mine"])
    assert "optimizer.weigth_decay: no such key (in conf/experiment/mine.yaml)" in str(error.value)
    assert "did you mean 'optimizer.weight_decay'?" in str(error.value)


def test_a_misspelt_axis_in_a_yaml_file_fails(tmp_path, monkeypatch):
    import shutil

    from geodl.config import command_line, conf_dir

    copy = tmp_path / "conf"
    shutil.copytree(conf_dir(), copy)
    demo = copy / "experiment" / "demo.yaml"
    demo.write_text(demo.read_text().replace("network.depth:", "network.dpeth:"))
    monkeypatch.setattr(command_line, "conf_dir", lambda: copy)
    with pytest.raises(ConfigError, match=r"network\.dpeth: no such key; did you mean 'network\.depth'"):
        check_command_line(["experiment=demo"])
