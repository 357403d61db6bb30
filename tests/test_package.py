"""The package as a whole: what importing costs, which way imports go, what the README promises, what a wheel holds."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
import zipfile

import pytest

from tests.conftest import ROOT

HEAVY = {"torch", "pytorch_lightning", "wandb", "ot", "matplotlib", "pandas", "hydra", "numba"}


def modules_after(statement):
    code = f"import sys\n{statement}\nprint(*sorted({HEAVY} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)
    return set(done.stdout.split())


def test_importing_geodl_costs_nothing():
    assert modules_after("import geodl; dir(geodl)") == set()


def test_scores_need_neither_torch_nor_lightning_nor_hydra_nor_wandb():
    assert modules_after("from geodl import line_shape_score") == set()
    code = "from geodl import line_shape_score\nline_shape_score([[[0.0], [1.0]], [[1.0], [2.0]]])"
    assert modules_after(code) == {"numba"}


def test_every_public_name_is_there():
    import geodl

    for name in geodl.__all__:
        assert getattr(geodl, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'line_shape_scroe'"):
        _ = geodl.line_shape_scroe


# package -> packages it may import from; what is not listed may import anything below it
MAY_IMPORT = {
    "errors": set(),
    "compiled": set(),
    "transport": {"errors", "compiled"},
    "scores": {"errors", "compiled", "transport"},
    "extras": {"errors"},
    "networks": {"errors", "extras"},
    "data": {"errors"},
    "models": {"errors", "extras", "networks", "data", "config"},
    "tracks": {"errors", "networks"},
    "figures": {"errors"},
    "config": {"errors"},
    "records": {"errors"},
    "calibration": {"errors", "config", "scores", "tracks"},
    "planes": {"figures", "tracks", "transport"},
    # the last for files of whole tracks
    "report": {"errors", "config", "figures", "records", "calibration", "planes", "tracks"},
    "sweeps": {"errors"},
    "metrics": {"errors", "scores", "transport"},
    "score_table": {"scores", "tracks", "track_scores"},  # the last for its type alone
    "resolution": {"errors", "scores", "tracks"},
    "track_scores": {"resolution", "errors", "score_table", "scores", "tracks", "transport"},
    "fixed_probe": {"errors"},
    "probe_recorder": {"fixed_probe", "tracks"},
    "monitor": {"errors", "fixed_probe", "probe_recorder", "records", "track_scores", "tracks"},
    "huggingface": {"errors", "extras", "fixed_probe", "monitor", "networks", "track_scores"},
}


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_imports_go_one_way(package):
    root = ROOT / "geodl" / package
    files = list(root.rglob("*.py")) if root.is_dir() else [root.with_suffix(".py")]
    found = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found |= {name.split(".")[1] for name in names if name.startswith("geodl.")}
    assert found - {package} <= MAY_IMPORT[package]


def test_no_file_of_the_package_is_longer_than_300_lines():
    long = {str(path): n for path in (ROOT / "geodl").rglob("*.py") if (n := len(path.read_text().splitlines())) > 300}
    assert long == {}


def readme_blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def test_the_readmes_python_runs():
    (block,) = readme_blocks("python")
    done = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    lss, ots = map(float, done.stdout.split())
    assert lss >= 1
    assert 0 <= ots <= 1


def readme_commands():
    lines = "\n".join(readme_blocks("bash")).splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("python")]


def test_the_readme_shows_five_commands():
    assert len(readme_commands()) == 5


@pytest.mark.timeout(400)
def test_the_readmes_commands_are_understood(run_cli, tmp_path):
    """Each command as written, one after the other as a reader would, with the work taken out: tiny runs."""
    small = ["data=digits", "network.width=8", "trainer.max_epochs=1", "track.n_samples=40", "score=fast", "logger=csv"]
    for script, *written in readme_commands():
        if "--config-dir" in written:
            (run, *_) = tmp_path.glob("outputs/default/digits-*")
            arguments = [str(run) if "<run>" in argument else argument for argument in written]
        elif "-m" in written:
            arguments = [re.sub(r"=([^,]+),.*", r"=\1", argument) for argument in written] + small
        else:
            arguments = written + (small if script == "scripts/train.py" and written != ["--help"] else [])
        done = run_cli(script.removeprefix("scripts/").removesuffix(".py"), *arguments, timeout=240)
        assert done.returncode == 0, (script, arguments, done.stderr)


def test_the_wheel_carries_the_configuration_and_the_templates(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {f"geodl/conf/{path.relative_to(ROOT / 'conf')}" for path in (ROOT / "conf").rglob("*.yaml")}
    assert expected <= names
    assert {"geodl/py.typed", "geodl/report/report.html.j2"} <= names
    unpacked = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(unpacked)
    code = "from geodl.cli.train import main; import sys; sys.argv = ['geodl-train', '--cfg', 'job']; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(unpacked), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "name: resnet_mlp" in done.stdout


def test_the_lock_file_pins_everything_with_hashes_and_names_no_index():
    text = (ROOT / "requirements.lock").read_text()
    pins = re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE)
    assert ("torch", "2.14.1") in pins
    assert ("torchvision", "0.29.1") in pins
    assert len(re.findall(r"^[a-z0-9._-]+==\S+.*\\\n\s+--hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)) == len(pins)
    assert not re.search(r"https?://|--index|--extra-index|--find-links|file:", text)


def test_every_dependency_bound_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text()
    block = re.search(r"^dependencies = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE).group(1)
    dev = re.search(r"^dev = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE).group(1)
    for line in (block + dev).splitlines():
        assert re.search(r'".*>=.*",  # \S+', line), line
