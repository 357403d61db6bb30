"""What happens to the data track while a network trains.

``TrackCallback`` records it before training and after epochs and hands it to every callback that listens
(:class:`TrackListener`): ``ScoringCallback`` scores it and logs the scores, ``FigureCallback`` draws it,
``ProfileCallback`` keeps what the report draws of single samples, ``TrackWriter`` keeps the whole track. Any
LightningModule will do, ``Trainer(callbacks=[TrackCallback(probe), ScoringCallback()])``. A callback of your own
listens by having a method ``on_track(trainer, pl_module, track)``, and hears of scores (:class:`ScoreListener`) by
having ``on_scores(trainer, pl_module, track, scores)``.
"""

from __future__ import annotations

from geodl.callbacks.figure import FigureCallback
from geodl.callbacks.plane import PlaneCallback
from geodl.callbacks.profile import ProfileCallback
from geodl.callbacks.progress import RunProgressBar
from geodl.callbacks.read_outs import ReadOutTable
from geodl.callbacks.scoring import ScoreListener, ScoringCallback
from geodl.callbacks.status import StatusCallback
from geodl.callbacks.track import TrackCallback, TrackListener
from geodl.callbacks.track_writer import TrackWriter

__all__ = [
    "FigureCallback",
    "PlaneCallback",
    "ProfileCallback",
    "ReadOutTable",
    "RunProgressBar",
    "ScoreListener",
    "ScoringCallback",
    "StatusCallback",
    "TrackCallback",
    "TrackListener",
    "TrackWriter",
]
