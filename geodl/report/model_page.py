"""``report.html`` of a scored model: its numbers with what belongs beside them, its figures, its table of blocks."""

from __future__ import annotations

import shlex
from datetime import datetime
from pathlib import Path

from geodl.figures.canvas import write_bytes
from geodl.report.caveats import HOW_TO_READ_A_MODEL, NOT_SHOWN_OF_A_MODEL
from geodl.report.render import EmbeddedPicture
from geodl.report.scored import ScoredModel, further_table, read_outs_table, read_scored, scores_table
from geodl.report.tables import format_seconds
from geodl.report.templates import render_template

_PICTURES = {
    "tracks": (
        "Tracks in the plane in which they vary most",
        "Each line is one sample on its way through the blocks, from its hollow start to its filled end; colours are "
        "classes. The plane is fitted to all samples, the share of variance it holds stands on the axes.",
    ),
    "lss": (
        "Line-shape score of every sample",
        "1 is a straight line; the dashed line is √L, what a random walk of as many steps has in high dimension. Legs "
        "of one step, which are straight by definition, are left out.",
    ),
    "depth": (
        "Along the depth",
        "Means over the samples. A bar stands at the read-out that the step leads to. States of different legs lie in "
        "different spaces, so neither steps nor angles reach from one leg to the next.",
    ),
}


def write_page(folder: Path) -> Path:
    """Write the page of a scored model from the files of its folder.

    Args:
        folder: The run folder.

    Returns:
        ``report.html`` in that folder: one file without scripts and without any address outside of it.
    """
    model = read_scored(folder)
    page = render_template(
        "model.html.j2",
        model=model,
        scores=scores_table(model),
        further=further_table(model),
        read_outs=read_outs_table(model),
        pictures=_pictures(model),
        described=(folder / "describe.txt").read_text(encoding="utf-8").rstrip(),
        command=model_command(model),
        facts=_facts(model),
        how_to_read=HOW_TO_READ_A_MODEL,
        not_shown=NOT_SHOWN_OF_A_MODEL,
        seconds=format_seconds(model.summary.get("seconds")),
        written=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
    )
    path = folder / "report.html"
    write_bytes(path, page.encode("utf-8"))
    return path


def model_command(model: ScoredModel) -> str:
    """Command line that scores the model again, ready to paste.

    Args:
        model: The model.

    Returns:
        ``geodl-score`` with its overrides.
    """
    return shlex.join(["geodl-score", *model.overrides])


def _pictures(model: ScoredModel) -> list[EmbeddedPicture]:
    return [
        EmbeddedPicture(name, name, title, f"{caption} {model.beside}", file.read_bytes())
        for name, (title, caption) in _PICTURES.items()
        if (file := model.folder / "figures" / f"{name}.png").is_file()
    ]


def _facts(model: ScoredModel) -> list[tuple[str, str]]:
    probe, provenance = model.summary["probe"], model.provenance
    facts = {
        "weights": model.summary["model"]["origin"],
        "samples": f"{probe['n']:,} {model.summary['data']['samples']}",
        "split and seed of the samples": f"{probe['split']}, {probe['seed']}",
        "digest of the samples": probe["digest"],
        "digest of the weights": provenance.get("model_digest"),
        "read-outs": model.summary["track"]["read_outs"],
        "seed": model.config.get("seed"),
        "fingerprint": model.folder.name.rsplit("-", 1)[-1],
        "commit": provenance.get("commit"),
        "uncommitted changes": provenance.get("diff_sha") or ("clean" if provenance.get("dirty") is False else None),
        **{key: provenance.get(key) for key in ("python", "platform", "device", "threads")},
        **dict(sorted(provenance.get("packages", {}).items())),
    }
    return [(key, str(value)) for key, value in facts.items() if value not in (None, "")]
