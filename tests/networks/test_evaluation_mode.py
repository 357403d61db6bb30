from __future__ import annotations

import pytest
from torch import nn

from geodl.networks import evaluation_mode


def test_each_module_gets_its_own_mode_back_after_an_exception_too():
    network = nn.Sequential(nn.Dropout(), nn.Sequential(nn.BatchNorm1d(2)).eval(), nn.BatchNorm1d(2))
    flags = [module.training for module in network.modules()]
    assert True in flags
    assert False in flags
    seen = []

    def fail_inside():
        with evaluation_mode(network):
            seen.extend(module.training for module in network.modules())
            raise KeyError("stop")

    with pytest.raises(KeyError, match="stop"):
        fail_inside()
    assert seen == [False] * len(flags)
    assert [module.training for module in network.modules()] == flags


def test_the_flag_itself_is_put_back_where_a_module_has_a_train_method_of_its_own():
    class Frozen(nn.BatchNorm1d):
        def train(self, mode: bool = True) -> nn.BatchNorm1d:
            return super().train(False)

    network = Frozen(2)
    assert network.training
    with evaluation_mode(network):
        assert not network.training
    assert network.training
