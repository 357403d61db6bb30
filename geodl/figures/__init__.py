"""Figures of data tracks and of their scores: projection and drawing, without training or logging.

Nothing here touches ``pyplot``: every function returns a `matplotlib.figure.Figure` of its own, so many jobs
may draw in one process.
"""

from __future__ import annotations

from geodl.figures.boxes import Box, BoxLook, BoxPanel, draw_boxes
from geodl.figures.canvas import figure_png, save_figure
from geodl.figures.curves import Curve, NullLine, Panel, PanelRow, draw_curves
from geodl.figures.depth import draw_depth
from geodl.figures.forest import ForestPanel, ForestRow, draw_forest
from geodl.figures.heat_map import HeatPanel, HeatRow, draw_heat_maps
from geodl.figures.histogram import draw_histogram, draw_histograms
from geodl.figures.pair_scatter import PairPanel, draw_pair_scatter
from geodl.figures.plane import draw_planes
from geodl.figures.plane_animation import plane_gif
from geodl.figures.plane_tracks import PlaneTracks
from geodl.figures.projection import ProjectedTracks, project_tracks
from geodl.figures.scatter import ScatterGroup, draw_scatter
from geodl.figures.tracks import draw_track_panels, draw_tracks

__all__ = [
    "ProjectedTracks",
    "project_tracks",
    "draw_tracks",
    "draw_track_panels",
    "PlaneTracks",
    "draw_planes",
    "plane_gif",
    "draw_histogram",
    "draw_histograms",
    "draw_depth",
    "Curve",
    "NullLine",
    "Panel",
    "PanelRow",
    "draw_curves",
    "ForestPanel",
    "ForestRow",
    "draw_forest",
    "ScatterGroup",
    "draw_scatter",
    "Box",
    "BoxLook",
    "BoxPanel",
    "draw_boxes",
    "HeatPanel",
    "HeatRow",
    "draw_heat_maps",
    "PairPanel",
    "draw_pair_scatter",
    "figure_png",
    "save_figure",
]
