"""The figure of the MiniLM example: the trained encoder beside the untrained one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from numpy.typing import NDArray

import geodl
from geodl.figures.canvas import new_figure
from geodl.figures.principal_plane import principal_plane
from geodl.figures.style import INK, QUIET, style_context

if TYPE_CHECKING:
    from minilm import Measured

COLOUR = {"untrained": "#8a8a8a", "trained": "#0072B2"}
MARKER = {"untrained": "s", "trained": "o"}
N_TRACKS = 40


def draw(measured: Sequence[Measured]) -> Figure:
    """Draw how straight tracks are (upper row) and why (lower row).

    Args:
        measured: The untrained and the trained model.

    Returns:
        The figure, 10 by 6.4 inches.
    """
    with style_context():
        figure = new_figure(10.0, 6.5)
        grid = figure.subplots(2, 3)
        _histogram(grid[0, 0], measured)
        _along_depth(grid[0, 1], measured)
        _step_lengths(grid[0, 2], measured)
        _tracks(grid[1, 0], measured[0])
        _tracks(grid[1, 1], measured[1])
        _cosines(grid[1, 2], *measured)
        for axes, letter in zip(grid.flat, "abcdef", strict=True):
            axes.set_title(f"{letter}   {axes.get_title(loc='left')}")
    return figure


def step_cosines(track: geodl.Track) -> NDArray[np.float64]:
    """Average the cosines between the steps of each track.

    LSS_i = L / √( Σ_{l,k} cos(Δ_i^l, Δ_i^k) ), so this matrix says why LSS is what it is.

    Args:
        track: A track of one leg.

    Returns:
        (L, L), ones on the diagonal.
    """
    (leg,) = track.legs()
    states = np.stack([state.astype(np.float64) for state in leg.states])
    steps = np.diff(states, axis=0)
    units = steps / np.linalg.norm(steps, axis=2, keepdims=True)
    cosines: NDArray[np.float64] = np.einsum("lnd,knd->lk", units, units) / leg.n_samples
    return cosines


def _states(measured: Measured) -> NDArray[np.float64]:
    (leg,) = measured.track.legs()
    return np.stack([state.astype(np.float64) for state in leg.states])


def _histogram(axes: Axes, measured: Sequence[Measured]) -> None:
    null = math.sqrt(measured[0].track.n_states - 1)
    shown = [model.line_shapes[np.isfinite(model.line_shapes)] for model in measured]
    high = float(np.quantile(np.concatenate(shown), 0.999)) * 1.03
    bins = np.linspace(1.0, high, 56)
    for model, values in zip(measured, shown, strict=True):
        axes.hist(
            np.minimum(values, high),
            bins=bins.tolist(),
            weights=np.full(len(values), 100.0 / len(values)),
            color=COLOUR[model.name],
            alpha=0.85,
            label=f"{model.name}, mean {values.mean():.2f}",
        )
    axes.axvline(null, color=INK, linestyle="--", linewidth=1.0, label=f"√L = {null:.2f}, random walk")
    axes.set_xlim(1.0, high)
    axes.set_xlabel("LSS of a token (1 = straight)")
    axes.set_ylabel("tokens, %")
    axes.set_title("Line-shape score")
    axes.legend(loc="upper right", fontsize=7.6)


def _along_depth(axes: Axes, measured: Sequence[Measured]) -> None:
    n_states = measured[0].track.n_states
    blocks = np.arange(1, n_states)
    axes.plot(blocks, np.sqrt(blocks), color=INK, linestyle="--", linewidth=1.0, label="√l, random walk")
    axes.axhline(1.0, color=QUIET, linewidth=0.8)
    axes.annotate(
        "straight", (n_states - 1, 1.0), (0, 3), textcoords="offset points", ha="right", fontsize=7.4, color=QUIET
    )
    for model in measured:
        states = _states(model)
        results = [geodl.line_shape_score(states[: last + 1]).details for last in blocks]
        middle, low, high = (np.array([float(r[key]) for r in results]) for key in ("median", "q25", "q75"))  # type: ignore[arg-type]
        axes.fill_between(blocks, low, high, color=COLOUR[model.name], alpha=0.2, linewidth=0)
        axes.plot(blocks, middle, color=COLOUR[model.name], marker=MARKER[model.name], label=model.name)
    axes.set_ylim(0.8, None)
    axes.set_xticks(blocks)
    axes.grid(axis="y")
    axes.set_xlabel("blocks passed, l")
    axes.set_ylabel("LSS of the first l steps")
    axes.set_title("Line-shape score along depth")
    axes.legend(loc="upper left", fontsize=7.6)


def _step_lengths(axes: Axes, measured: Sequence[Measured]) -> None:
    for model in measured:
        states = _states(model)
        lengths = np.linalg.norm(np.diff(states, axis=0), axis=2)
        chord = np.linalg.norm(states[-1] - states[0], axis=1)
        low, middle, high = np.quantile(lengths, [0.25, 0.5, 0.75], axis=1)
        blocks = np.arange(1, len(middle) + 1)
        axes.fill_between(blocks, low, high, color=COLOUR[model.name], alpha=0.2, linewidth=0)
        axes.plot(blocks, middle, color=COLOUR[model.name], marker=MARKER[model.name], label=model.name)
        distance = float(np.median(chord))
        axes.axhline(distance, color=COLOUR[model.name], linestyle=":")
        text = f"from first to last state, {model.name}"
        axes.annotate(text, (1, distance), (0, 2.5), textcoords="offset points", fontsize=7.2, color=COLOUR[model.name])
    axes.set_ylim(0, axes.get_ylim()[1] * 1.06)
    axes.set_xticks(blocks)
    axes.grid(axis="y")
    axes.set_xlabel("block")
    axes.set_ylabel("length, median over tokens")
    axes.set_title("Lengths of the steps")
    axes.legend(loc="lower right", ncols=2, fontsize=7.6, columnspacing=1.0)


def _tracks(axes: Axes, model: Measured) -> None:
    states = _states(model)
    plane = principal_plane(list(states))
    chosen = np.sort(np.random.default_rng(1).choice(states.shape[1], min(N_TRACKS, states.shape[1]), replace=False))
    xy = (states[:, chosen] - plane.centre) @ plane.axes
    segments = np.stack([xy[:-1], xy[1:]], axis=2)
    colours = _depth_colours(len(segments))
    for step, colour in zip(segments, colours, strict=True):
        axes.add_collection(LineCollection(step.tolist(), colors=[colour], linewidths=0.9, alpha=0.85))
    axes.scatter(*xy[0].T, s=14, facecolors="white", edgecolors=INK, linewidths=0.8, zorder=4, label="first state")
    for block in (1, len(segments)):
        axes.plot([], [], color=colours[block - 1], label=f"block {block}")
    axes.scatter(*xy[-1].T, s=16, color=INK, edgecolors="white", linewidths=0.4, zorder=5, label="last state")
    axes.set_aspect("equal", adjustable="datalim")
    axes.autoscale_view()
    axes.set_xlabel(f"PC 1 ({plane.explained[0]:.0%} of variance)")
    axes.set_ylabel(f"PC 2 ({plane.explained[1]:.0%})")
    axes.set_title(f"{len(chosen)} tokens, {model.name}")
    if model.name == "untrained":  # the other panel has no room, and the same marks
        axes.legend(loc="upper right", fontsize=7.2, handletextpad=0.4, handlelength=1.2)


def _depth_colours(n: int) -> NDArray[np.float64]:
    import matplotlib as mpl

    colours: NDArray[np.float64] = mpl.colormaps["plasma_r"](np.linspace(0.15, 0.95, n))
    return colours


def _cosines(axes: Axes, untrained: Measured, trained: Measured) -> None:
    cosines, before = step_cosines(trained.track), step_cosines(untrained.track)
    size = len(cosines)
    apart = before[np.tri(size, k=-1, dtype=bool)]
    text = f"untrained:\n{apart.min():+.2f} to {apart.max():+.2f}".replace("-", "−")
    axes.text(0.97, 0.95, text, transform=axes.transAxes, ha="right", va="top", fontsize=7.4, color=QUIET)
    hidden = np.where(np.tri(size, k=-1, dtype=bool), cosines, np.nan)
    limit = 0.5
    axes.imshow(hidden, cmap="RdBu", vmin=-limit, vmax=limit)
    for row in range(size):
        for column in range(row):
            value = cosines[row, column]
            text = "0.00" if abs(value) < 0.005 else f"{value:+.2f}".replace("-", "−")
            axes.text(
                column, row, text, ha="center", va="center", fontsize=7.2, color="white" if abs(value) > 0.3 else INK
            )
    axes.set_xticks(range(size - 1), [str(block) for block in range(1, size)])
    axes.set_yticks(range(1, size), [str(block) for block in range(2, size + 1)])
    axes.set_xlim(-0.5, size - 1.5)
    axes.set_ylim(size - 0.5, 0.5)
    axes.set_xlabel("step of block k")
    axes.set_ylabel("step of block l")
    axes.set_title(f"Mean cosine of two steps, {trained.name}")
