"""``plane.html``: planes of all data sets with an epoch slider, in one file without any address outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.figures.plane import CHORD, class_looks
from geodl.figures.plane_tracks import PlaneTracks, score_line, window
from geodl.report.plane_runs import PlaneSet
from geodl.report.templates import render_template

_MARKERS = {
    "o": "circle",
    "s": "square",
    "D": "diamond",
    "v": "triangle-down",
    "P": "cross",
    "X": "x",
    "p": "pentagon",
    "^": "triangle-up",
    "<": "triangle-left",
    ">": "triangle-right",
}
PANEL_PIXELS = 400


def plane_page(sets: Sequence[PlaneSet], *, title: str, n_tracks: int = 60) -> str:
    """Write the page.

    Each panel shows one network; the slider and the button move all panels of a data set through the epochs, and a
    click in the legend hides tracks, starts, ends or the optimal transport map. Numbers are those of the tracks, in
    single precision.

    Args:
        sets: Networks by data set.
        title: Name of the sweep.
        n_tracks: Samples drawn as tracks, as many of each class.

    Returns:
        HTML with plotly's script inside.
    """
    from plotly.offline import get_plotlyjs  # a second to import, which only this page needs

    shown = [(group, _figure(group, n_tracks)) for group in sets]
    options = {"full_html": False, "include_plotlyjs": False, "auto_play": False, "config": {"displaylogo": False}}
    return render_template(
        "plane.html.j2",
        title=title,
        script=get_plotlyjs(),
        sets=[(group, figure.to_html(div_id=f"plane-{group.name}", **options)) for group, figure in shown],
    )


def _figure(group: PlaneSet, n_tracks: int) -> Any:
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    titles, rows = list(group.networks), len(group.row_titles)
    figure = make_subplots(
        rows=rows, cols=group.columns, subplot_titles=titles, horizontal_spacing=0.07, vertical_spacing=0.13
    )
    epochs = sorted({tracks.epoch for found in group.networks.values() for tracks in found})
    where: list[int] = []
    for position, found in enumerate(group.networks.values()):
        place = {"row": position // group.columns + 1, "col": position % group.columns + 1}
        traces = _traces(found[0], n_tracks, first=not where) if found else []
        figure.add_traces(traces, rows=[place["row"]] * len(traces), cols=[place["col"]] * len(traces))
        where += range(len(where), len(where) + len(traces))
        low, high = window(found) if found else (np.array([-1.0, -1.0]), np.array([1.0, 1.0]))
        figure.update_xaxes(range=[low[0], high[0]], **place)
        anchor = f"x{'' if position == 0 else position + 1}"
        figure.update_yaxes(range=[low[1], high[1]], scaleanchor=anchor, **place)
    captions = [f"<b>{name}</b>" for name in titles]
    frames = []
    for epoch in epochs:
        now = [_at(found, epoch) for found in group.networks.values()]
        data = [trace for tracks in now if tracks is not None for trace in _traces(tracks, n_tracks)]
        texts = [
            f"{caption}<br>{score_line(tracks) if tracks else 'no track recorded'}{_absence(tracks)}"
            for caption, tracks in zip(captions, now, strict=True)
        ]
        notes = [
            {**note.to_plotly_json(), "text": text} for note, text in zip(figure.layout.annotations, texts, strict=True)
        ]
        frames.append(go.Frame(data=data, traces=where, name=str(epoch), layout={"annotations": notes}))
    figure.frames = frames
    if frames:
        figure.update_layout(annotations=frames[0].layout.annotations)
    figure.update_layout(
        template="plotly_white",
        font={"family": "DejaVu Sans, Arial, sans-serif", "size": 12, "color": "#1a1a1a"},
        width=PANEL_PIXELS * group.columns + 190,
        height=(PANEL_PIXELS + 40) * rows + 110,
        margin={"l": 50, "r": 150, "t": 60, "b": 110},
        sliders=[_slider(epochs)],
        updatemenus=[_buttons()],
    )
    return figure


def _traces(tracks: PlaneTracks, n_tracks: int, *, first: bool = False) -> list[Any]:
    import plotly.graph_objects as go

    chosen, traces = tracks.spread(n_tracks), []
    shared = {"hoverinfo": "skip"}
    for label, (colour, marker) in class_looks([tracks]).items():
        of_class = chosen[tracks.labels[chosen] == label]
        paths = tracks.xy[:, of_class].transpose(1, 0, 2)
        ends = tracks.xy[-1, tracks.labels == label]
        pieces = (
            ("tracks", paths, {"mode": "lines", "line": {"color": colour, "width": 1}, "opacity": 0.6}),
            (
                "starts",
                paths[:, :1],
                {"mode": "markers", "marker": {"color": "white", "size": 5, "line": {"color": colour, "width": 1}}},
            ),
            (
                "ends",
                ends[:, None],
                {"mode": "markers", "marker": {"color": colour, "size": 5, "symbol": _MARKERS[marker]}},
            ),
        )
        for what, points, look in pieces:
            x, y = _broken(points) if what == "tracks" else (points[:, 0, 0].astype("f4"), points[:, 0, 1].astype("f4"))
            name = f"class {label}, {what}"
            traces.append(go.Scatter(x=x, y=y, name=name, legendgroup=name, showlegend=first, **look, **shared))
    x, y = _broken(tracks.chords(chosen))
    look = {"mode": "lines", "line": {"color": CHORD, "width": 1, "dash": "dot"}}
    name = "optimal transport"
    traces.append(go.Scatter(x=x, y=y, name=name, legendgroup=name, showlegend=first, **look, **shared))
    return traces


def _broken(paths: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    # All paths as one line that a NaN interrupts after each: one trace instead of sixty.
    gaps = np.full((len(paths), 1, 2), np.nan)
    line = np.concatenate([paths, gaps], axis=1).reshape(-1, 2).astype(np.float32)
    return line[:, 0], line[:, 1]


def _at(found: Sequence[PlaneTracks], epoch: int) -> PlaneTracks | None:
    before = [tracks for tracks in found if tracks.epoch <= epoch]
    return before[-1] if before else (found[0] if found else None)


def _absence(tracks: PlaneTracks | None) -> str:
    return f"<br>no optimal plan drawn: {tracks.reason}" if tracks is not None and tracks.reason else ""


_GO = {"mode": "immediate", "fromcurrent": True, "transition": {"duration": 0}}


def _slider(epochs: Sequence[int]) -> dict[str, Any]:
    steps = [
        {
            "label": str(epoch),
            "method": "animate",
            "args": [[str(epoch)], {**_GO, "frame": {"duration": 0, "redraw": True}}],
        }
        for epoch in epochs
    ]
    return {
        "steps": steps,
        "currentvalue": {"prefix": "epoch ", "xanchor": "right"},
        "pad": {"t": 40},
        "x": 0.2,
        "len": 0.8,
    }


def _buttons() -> dict[str, Any]:
    play = [None, {**_GO, "frame": {"duration": 400, "redraw": True}}]
    pause = [[None], {**_GO, "frame": {"duration": 0, "redraw": False}}]
    buttons = [
        {"label": "play", "method": "animate", "args": play},
        {"label": "pause", "method": "animate", "args": pause},
    ]
    return {
        "type": "buttons",
        "direction": "left",
        "buttons": buttons,
        "x": 0,
        "xanchor": "left",
        "y": 0,
        "yanchor": "top",
        "pad": {"t": 50},
    }
