"""What every reader of the figures has to know, whatever the numbers say."""

from __future__ import annotations

HOW_TO_READ = (
    (
        "Line-shape score (LSS)",
        "L divided by the length of the sum of a sample's L unit steps, averaged over the samples. 1 is a "
        "straight line; there is no upper bound. It ignores how long the steps are. A random walk in high "
        "dimension has LSS = √L, which is drawn as a dashed line: compare networks of equal L only.",
    ),
    (
        "Optimal-transport score (OTS)",
        "Share of samples whose partner in the optimal transport plan from the first to the last states is "
        "their own output. 1 means that the network's map is an optimal transport map; a random pairing has 1/n "
        "on average. It is strict and coarse, and it saturates in high dimension: a rotation by 60 degrees, "
        "which is no optimal map, has OTS 1 at d ≥ 100 and n = 1,000, and at d = 2 one by 10 degrees has 0.06. "
        "Where ties or collapsed classes make it an interval, the upper end is given. Read it beside n, d and "
        "the transport ratio.",
    ),
    (
        "Transport ratio",
        "Cost of the optimal plan divided by the cost of the network's own pairing, in (0, 1]; 1 exactly where "
        "OTS is 1. It tells how much the mismatch costs.",
    ),
    (
        "Kinetic straightness, geodesic score",
        "Squared distance from start to end divided by L times the summed squared steps: 1 is a straight line "
        "at constant speed. Multiplied by the transport ratio it is the geodesic score: 1 is a constant-speed "
        "Wasserstein geodesic.",
    ),
    (
        "Null values",
        "The untrained network (epoch 0), √L for LSS and 1/n for the OTS of a random pairing. A score is "
        "evidence only as far as it leaves these behind.",
    ),
)

NOT_SHOWN = (
    "OTS saturates in high dimension: a value near 1 does not show that training found an optimal map, and "
    "untrained ResNets with small steps have it. The transport ratio, kinetic straightness and geodesic score separate "
    "what OTS cannot.",
    "LSS ignores step lengths: one long step and many tiny crooked ones score like many equal ones. Kinetic "
    "straightness does not.",
    "Both scores depend on the number of steps L and on where tracks start, so only networks of equal depth are "
    "compared.",
    "The tracks are drawn in the plane of the first two principal components; the share of variance on the axes "
    "tells how much of the movement that plane holds. A track that looks straight there may bend outside of it.",
    "Intervals are over training seeds only: data, probe samples and architecture stay as they are. Those of the "
    "figures are not corrected for the number of comparisons; the p values of the verdicts are.",
    "A bootstrap interval over five seeds is too narrow: it holds the mean in about 84 of 100 cases, not 95. The "
    "verdicts ask for the t-test as well.",
    "Settings differ by intervention in depth, decay and family, but LSS against accuracy is a correlation, not "
    "a cause.",
)

HOW_TO_READ_A_MODEL = (
    *HOW_TO_READ[:-1],
    (
        "Further scores",
        "Path: distance from start to end over the length of the path. Deviation: how far the states between lie from "
        "the Wasserstein geodesic, 0 is on it. Step OTS: each block as a map of its own. Bound kept: share of pairs of "
        "samples that stay as far apart as on a geodesic. Class margin: least distance between tracks of different "
        "classes. Action: summed root mean square of the steps.",
    ),
    (
        "Legs, L, d",
        "A leg is a run of read-outs whose states have one shape; distances between different spaces mean nothing, so "
        "scores are given leg by leg. L is its number of steps, d the dimension of a state. A leg of one step has LSS "
        "1 by definition.",
    ),
    (
        "Final norm",
        "A norm after the last block rescales the last state and is no block. It is left out unless asked for, since "
        "it would add a step of its own; what became of it stands beside the scores.",
    ),
    (
        "Null values",
        "√L for LSS, 1/n for the OTS of a random pairing, and the same architecture untrained. A score is evidence "
        "only as far as it leaves these behind.",
    ),
)

NOT_SHOWN_OF_A_MODEL = (
    *NOT_SHOWN[:4],
    "One model on one set of samples: no interval. Other samples of the same data move the scores a little, other data "
    "may move them a lot.",
    "What training did: for that, score the same architecture untrained beside it.",
    "How a state becomes a vector matters: means over tokens or pixels are smoother than the tokens and pixels "
    "themselves. Compare models under one choice only.",
)
