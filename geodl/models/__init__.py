"""Other people's models and the samples that pass through them, as ``geodl-score`` names them.

A builder returns the model together with its inputs, since what a model takes (three channels, 224 pixels, tokens) is
known where it is built. Nothing is changed in silence: what was done to samples or model stands in
``LoadedModel.notes``, and what does not fit is refused with the option that makes it fit.
"""

from __future__ import annotations

from geodl.models.build import MODELS, build_model
from geodl.models.loaded import LoadedModel
from geodl.models.samples import Samples, load_samples

__all__ = ["MODELS", "LoadedModel", "Samples", "build_model", "load_samples"]
