"""Recording one probe again and again while a model trains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from geodl.fixed_probe import FixedProbe
from geodl.tracks import Track, record_track

_CHOICE = ("read_outs", "final_norm")


class ProbeRecorder:
    """Records the track of a fixed probe, every time at the read-outs that were chosen the first time.

    Args:
        probe: The samples.
        read_outs: As for `geodl.record_track`, like all further arguments.
        tokens: What becomes of sequences.
        pool: What becomes of feature maps.
        mask: Key of the padding mask in a mapping.
        include_final_norm: Whether the norm behind the last block adds a state.
        forward: Calls the model, where ``model(batch)`` or ``model(**batch)`` will not do.
        batch_size: Samples a forward pass.
    """

    def __init__(
        self,
        probe: FixedProbe,
        *,
        read_outs: Any = "auto",
        tokens: Any = "all",
        pool: Any = "none",
        mask: str | None = None,
        include_final_norm: bool = False,
        forward: Callable[[nn.Module, Any], Any] | None = None,
        batch_size: int | None = None,
    ) -> None:
        self.probe = probe
        self._options: dict[str, Any] = {
            "read_outs": read_outs,
            "include_final_norm": include_final_norm,
            "tokens": tokens,
            "pool": pool,
            "mask": mask,
            "forward": forward,
            "batch_size": batch_size,
        }
        self._chosen: dict[str, str] = {}

    def record(
        self,
        network: nn.Module,
        *,
        epoch: int | None = None,
        metadata: dict[str, str] | None = None,
        nonfinite: str = "keep",
    ) -> Track:
        """Record the probe's track.

        Args:
            network: The model; it is left as it was found.
            epoch: Completed epochs, or None.
            metadata: Further text to keep with the track.
            nonfinite: ``keep`` records NaN and infinite states: training has diverged then, and the scores say so;
                ``raise`` refuses them.

        Returns:
            The track.
        """
        track = record_track(
            network,
            self.probe.inputs_for(network),
            **self._options,
            labels=self.probe.labels,
            sample_ids=self.probe.sample_ids,
            epoch=epoch,
            metadata={**self._chosen, **self.probe.metadata, **(metadata or {})},
            nonfinite=nonfinite,
        )
        if not self._chosen:
            # What training does to the weights must not change which states are compared.
            self._chosen = {key: track.metadata[key] for key in _CHOICE}
            self._options |= {"read_outs": list(track.names), "include_final_norm": False}
        return track
