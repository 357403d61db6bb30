"""Planes in a report: which runs are drawn, the figures' files, and the page with the slider."""

from __future__ import annotations

import base64
import html.parser
import json
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

from geodl.report.aggregate import aggregate
from geodl.report.build import build_report
from geodl.report.collect import collect_sweep
from geodl.report.plane_page import plane_page
from geodl.report.plane_runs import plane_sets
from geodl.tracks import Track
from tests.report.conftest import Job, write_run

EPOCHS = (0, 2, 4)


def save_tracks(folder, seed):
    generator = torch.Generator().manual_seed(seed)
    for epoch in EPOCHS:
        states = tuple(torch.randn(20, 2, generator=generator) for _ in range(5))
        names = ("stem", *(f"blocks.{k}" for k in range(4)))
        track = Track(states=states, names=names, labels=torch.arange(20) % 2, epoch=epoch)
        track.save(folder / "tracks" / f"epoch_{epoch:04d}.safetensors")


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    folder = tmp_path_factory.mktemp("planes") / "toy"
    jobs = [
        Job(family=f, decay=w, seed=s, dim=2, data="spirals")
        for f in ("plain", "resnet")
        for w in (0.0, 0.01)
        for s in (0, 1)
    ]
    for seed, job in enumerate(jobs):
        save_tracks(write_run(folder, job), seed)
    return folder


@pytest.fixture(scope="module")
def sets(sweep):
    return list(plane_sets(aggregate(collect_sweep(sweep).counted)))


def test_one_set_holds_the_lowest_seed_of_every_family_and_decay(sweep, sets):
    (group,) = sets
    assert list(group.networks) == ["plain, decay 0", "plain, decay 0.01", "ResNet, decay 0", "ResNet, decay 0.01"]
    assert (group.columns, group.row_titles) == (2, ("plain", "ResNet"))
    assert "Seed 0," in group.caption
    (folder,) = sweep.glob("spirals-resnet*wd0.01-s0-*")
    for planes, epoch in zip(group.networks["ResNet, decay 0.01"], EPOCHS, strict=True):
        states = Track.load(folder / "tracks" / f"epoch_{epoch:04d}.safetensors").states
        assert np.array_equal(planes.xy, np.stack([state.double().numpy() for state in states]))
        assert planes.partners is not None


def test_scores_beside_a_plane_are_those_that_the_run_measured(sets):
    last = sets[0].networks["plain, decay 0"][-1]
    assert last.scores["lss"] == pytest.approx(1 + 4.0 * 0.5**0.5)


def test_sets_are_named_by_what_tells_them_apart(tmp_path):
    for data, depth in (("spirals", 4), ("spirals", 8), ("blobs", 4)):
        save_tracks(write_run(tmp_path / "s", Job(dim=2, data=data, depth=depth)), 0)
    found = plane_sets(aggregate(collect_sweep(tmp_path / "s").counted))
    assert {(group.name, group.title) for group in found} == {
        ("spirals_depth4", "spirals, depth 4"),
        ("spirals_depth8", "spirals, depth 8"),
        ("blobs", "blobs"),
    }


def test_runs_of_other_dimension_or_without_whole_tracks_are_left_alone(tmp_path):
    save_tracks(write_run(tmp_path / "s", Job(dim=32)), 0)
    write_run(tmp_path / "s", Job(family="resnet", dim=2))
    assert list(plane_sets(aggregate(collect_sweep(tmp_path / "s").counted))) == []


def test_a_track_file_that_cannot_be_read_is_left_out(tmp_path):
    folder = write_run(tmp_path / "s", Job(dim=2))
    save_tracks(folder, 0)
    (folder / "tracks" / "epoch_0002.safetensors").write_bytes(b"half a file")
    (group,) = plane_sets(aggregate(collect_sweep(tmp_path / "s").counted))
    assert [planes.epoch for planes in group.networks["plain, decay 0"]] == [0, 4]


def test_the_report_has_figure_animation_and_a_link_to_the_page(sweep, tmp_path):
    paths = build_report(sweep, tmp_path / "report", pdf=False)
    files = {path.name for path in paths.figures}
    (name,) = {file.removesuffix(".gif") for file in files if file.endswith(".gif")}
    assert f"{name}.png" in files
    assert all(path.is_file() for path in paths.figures)
    source = paths.html.read_text(encoding="utf-8")
    assert '<a href="plane.html">' in source
    assert "data:image/gif;base64," in source
    assert (paths.folder / "plane.html").is_file()
    build_report(sweep, tmp_path / "report", pdf=False)  # an old report with a page is an old report


class References(html.parser.HTMLParser):
    """Collects what a page would fetch, outside of its scripts."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found += [value for key, value in attrs if key in ("src", "href", "data", "action")]


def drawn(page):
    """The arguments of Plotly's calls: initial traces by name, and frames."""
    calls = [re.search(rf"Plotly\.{call}\(\s*[\"']plane-[^\"']+[\"'],\s*", page) for call in ("newPlot", "addFrames")]
    return [json.JSONDecoder().raw_decode(page, call.end())[0] for call in calls]


def numbers(array):
    return np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"])


def test_the_page_fetches_nothing(sets):
    page = plane_page(sets, title="toy")
    assert all(reference.startswith("#") for reference in References(page).found)


def test_the_page_has_one_frame_an_epoch_and_the_tracks_own_numbers(sets):
    (group,) = sets
    traces, frames = drawn(plane_page(sets, title="toy", n_tracks=8))
    assert [frame["name"] for frame in frames] == [str(epoch) for epoch in EPOCHS]
    each = len(traces) // 4
    assert [trace["name"] for trace in traces[:each]] == [
        *(f"class {k}, {what}" for k in (0, 1) for what in ("tracks", "starts", "ends")),
        "optimal transport",
    ]
    assert [trace["showlegend"] for trace in traces] == [True] * each + [False] * 3 * each
    for frame, position in zip(frames, range(3), strict=True):
        assert frame["traces"] == list(range(4 * each))
        for panel, found in enumerate(group.networks.values()):
            planes, data = found[position], frame["data"][panel * each : (panel + 1) * each]
            chosen = planes.spread(8)
            for k in (0, 1):
                x = numbers(data[3 * k]["x"]).reshape(-1, 6)  # five states and a gap
                assert np.isnan(x[:, 5]).all()
                expected = planes.xy[:, chosen[chosen % 2 == k], 0].T.astype(np.float32)
                assert np.array_equal(x[:, :5], expected)
                ends = planes.xy[-1, planes.labels == k, 1].astype(np.float32)
                assert np.array_equal(numbers(data[3 * k + 2]["y"]), ends)
            chords = numbers(data[-1]["y"]).reshape(-1, 3)[:, :2]
            assert np.array_equal(chords, planes.chords(chosen)[:, :, 1].astype(np.float32))


def test_a_panel_without_a_plan_says_why(sets):
    (group,) = sets
    broken = tuple(replace(p, partners=None, reason="not certified") for p in group.networks["plain, decay 0"])
    changed = replace(group, networks={**group.networks, "plain, decay 0": broken})
    _, frames = drawn(plane_page([changed], title="toy"))
    texts = [note["text"] for note in frames[-1]["layout"]["annotations"]]
    assert "no optimal plan drawn: not certified" in texts[0]
    assert "no optimal plan" not in "".join(texts[1:])
