"""Two processes with uneven batches, or none, score what one process with all samples would."""

from __future__ import annotations

import pytest
import torch
import torch.distributed
import torch.multiprocessing

from geodl.metrics import LineShapeScore, OptimalTransportScore
from geodl.scores import line_shape_score, optimal_transport_score

SHARES = {"uneven": ((5, 1, 8), (3,)), "one without any": ((6, 4), ())}


def samples(size, rank, index):
    generator = torch.Generator().manual_seed(100 * rank + index)
    return [torch.randn(size, 2, 3, generator=generator) for _ in range(4)]


def score(rank, address, answers):
    torch.distributed.init_process_group("gloo", init_method=f"file://{address}", rank=rank, world_size=2)
    for share in SHARES.values():
        lss, ots = LineShapeScore(), OptimalTransportScore()
        for index, size in enumerate(share[rank]):
            lss.update(samples(size, rank, index))
            ots.update(*samples(size, rank, index)[::3])
        for metric in (lss, ots):
            if not share[rank]:
                metric._update_count = 1  # torchmetrics warns of a rank without update, rightly
            result = metric.result
            local = metric.metric_state
            answers.put((
                rank,
                result.value,
                result.details,
                sum(map(len, local.get("per_sample", local.get("first")))),
            ))
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    context = torch.multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["geodl.metrics"])  # which takes seconds, once for both
    queue = context.SimpleQueue()
    address = tmp_path_factory.mktemp("rendezvous") / "file"
    torch.multiprocessing.start_processes(score, (address, queue), nprocs=2, start_method="forkserver")
    found = {0: [], 1: []}
    while not queue.empty():
        rank, *answer = queue.get()
        found[rank].append(answer)
    return found


def test_every_process_has_the_score_of_all_samples_and_keeps_its_own(answers):
    expected, kept = [], {0: [], 1: []}
    for share in SHARES.values():
        every = [samples(size, rank, i) for rank in (0, 1) for i, size in enumerate(share[rank])]
        states = [torch.cat(parts).flatten(1) for parts in zip(*every, strict=True)]
        results = line_shape_score(states), optimal_transport_score(states[0], states[-1])
        expected += [(result.value, result.details) for result in results]
        for rank in (0, 1):
            kept[rank] += [sum(share[rank]), 6 * sum(share[rank])]
    for rank in (0, 1):
        assert [tuple(answer[:2]) for answer in answers[rank]] == expected
        assert [answer[2] for answer in answers[rank]] == kept[rank]
