from __future__ import annotations

import math
import subprocess
import sys

import pytest

from geodl.scores import SCORES


@pytest.mark.parametrize("name", SCORES)
def test_every_score_says_how_to_read_it(name):
    spec = SCORES[name]
    assert spec.name == name
    assert spec.title
    assert spec.symbol
    assert spec.source
    assert spec.lower < spec.upper
    if not math.isnan(spec.best):
        assert spec.best == (spec.upper if spec.higher_is_better else spec.lower)


def test_the_scores_load_without_torch_and_its_company():
    code = (
        "import sys, geodl.scores, geodl.transport; "
        "print([m for m in ('torch', 'ot', 'pytorch_lightning', 'hydra', 'wandb') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"
