"""Runs in the plane as a report shows them: figure and animation for each data set, and the page with the slider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from geodl.figures.canvas import figure_png, save_figure, write_bytes
from geodl.figures.plane import draw_planes
from geodl.figures.plane_animation import plane_gif
from geodl.report.aggregate import Aggregates
from geodl.report.plane_page import plane_page
from geodl.report.plane_runs import last_planes, plane_sets
from geodl.report.render import EmbeddedPicture

_HOW = (
    "The states as they are, nothing projected: each line is one sample on its way through the blocks, from its hollow "
    "start to its filled end. Dotted: the optimal transport map from first to last states, along whose chords McCann's "
    "geodesic runs; a network that is the geodesic has its tracks on the chords. "
)


def write_planes(draft: Path, results: Aggregates, *, title: str, pdf: bool) -> Iterator[EmbeddedPicture]:
    """Write figures, animations and ``plane.html``, if any run has kept tracks of two-dimensional states.

    Args:
        draft: The report's folder.
        results: Counted runs by setting.
        title: Name of the sweep.
        pdf: Write the figures as vector PDF too.

    Yields:
        Figures and animations, of which the files are in ``figures/`` then.
    """
    sets = list(plane_sets(results))
    for group in sets:
        networks = list(group.networks.values())
        figure = draw_planes(
            last_planes(networks),
            columns=group.columns,
            titles=list(group.networks),
            heading=f"In the plane after training: {group.title}",
        )
        name, heading = f"plane_{group.name}", f"In the plane: {group.title}"
        png = figure_png(figure)
        write_bytes(draft / "figures" / f"{name}.png", png)
        if pdf:
            save_figure(figure, draft / "figures" / f"{name}.pdf")
        yield EmbeddedPicture(name, "plane", heading, _HOW + group.caption, png)
        if max(map(len, networks)) > 1:
            gif = plane_gif(group.networks, columns=group.columns)
            write_bytes(draft / "figures" / f"{name}.gif", gif)
            said = f"One frame a measured epoch; every panel keeps its window. {group.caption}"
            yield EmbeddedPicture(name, "plane", f"{heading}, by epoch", said, gif)
    if sets:
        write_bytes(draft / "plane.html", plane_page(sets, title=title).encode("utf-8"))
