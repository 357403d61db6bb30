"""State dictionaries from files."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from geodl.errors import ConfigError
from geodl.models.weights import head_size, load_weights, read_state_dict


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"state_dict": s, "epoch": 3}, lambda s: {"model": s}])
@pytest.mark.parametrize("prefix", ["", "module.", "model."])
def test_a_state_dict_is_found_in_what_training_scripts_save(tmp_path, model, wrap, prefix):
    state = {f"{prefix}{name}": values + 1 for name, values in model.state_dict().items()}
    torch.save(wrap(state), tmp_path / "w.pt")
    before = model[0].weight.clone()
    load_weights(model, read_state_dict(str(tmp_path / "w.pt")), where="w.pt", label="mine")
    assert torch.equal(model[0].weight, before + 1)


def test_safetensors_are_read_too(tmp_path, model):
    save_file(model.state_dict(), tmp_path / "w.safetensors")
    assert set(read_state_dict(str(tmp_path / "w.safetensors"))) == set(model.state_dict())


class Malicious:
    def __reduce__(self):
        return (print, ("run",))


@pytest.mark.parametrize("content", ["text", "code", "numbers"])
def test_what_is_no_state_dict_is_refused_and_not_run(tmp_path, content, capsys):
    file = tmp_path / "w.pt"
    if content == "text":
        file.write_text("not a file of torch")
    else:
        torch.save({"state_dict": Malicious()} if content == "code" else [1, 2], file)
    with pytest.raises(ConfigError, match=r"model\.weights: expected"):
        read_state_dict(str(file))
    assert "run" not in capsys.readouterr().out


def test_weights_of_another_architecture_are_refused(model):
    state = model.state_dict()
    for changed, fault in (
        ({k: v for k, v in state.items() if k != "1.bias"}, "1.bias is missing"),
        ({**state, "2.bias": torch.zeros(1)}, "2.bias is not part of the model"),
        ({**state, "1.bias": torch.zeros(7)}, r"1.bias has shape \(7,\) and not \(2,\)"),
    ):
        with pytest.raises(ConfigError, match=fault):
            load_weights(model, changed, where="w.pt", label="mine")


def test_the_number_of_classes_is_read_off_the_head(model):
    other = {**model.state_dict(), "1.bias": torch.zeros(7)}
    assert head_size(model, other) == 7
    assert head_size(model, {f"module.{name}": values for name, values in other.items()}) == 7
    assert head_size(model, model.state_dict()) is None
