"""Top-k membership over 100,000 weightings × 500 accounts × 22 criteria, against bare numpy.

Both are timed in this one run, in turns, and the best of each is compared. Prints the ratio and
the largest difference between single- and double-precision membership shares.
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from kamkit.methods.selection.draws import weight_draws
from kamkit.methods.selection.smaa import Model, acceptability_counts


def bare(values: np.ndarray, weights: np.ndarray, k: int) -> np.ndarray:
    """The two bare statements: matrix product and partition, double precision."""
    scores = weights @ values.T
    return np.partition(scores, len(values) - k, axis=1)[:, len(values) - k]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=100_000)
    parser.add_argument("--accounts", type=int, default=500)
    parser.add_argument("--criteria", type=int, default=22)
    parser.add_argument("--k", type=int, default=20)
    parser.add_argument("--repeat", type=int, default=3)
    size = parser.parse_args()
    rng = np.random.default_rng(1)
    values: np.ndarray = rng.integers(0, 5, (size.accounts, size.criteria)) * 25.0
    judged = np.full(size.criteria, 1.0 / size.criteria)
    model = Model(judged, "dirichlet", 200.0)
    ours, reference = [], []
    for _ in range(size.repeat):
        start = time.perf_counter()
        counts = acceptability_counts(values, model, k=size.k, draws=size.draws, seed=1)
        ours.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # The same draws as the method uses, made outside the clock.
    source = np.random.default_rng(np.random.SeedSequence(1).spawn(2)[0])
    weights = weight_draws(judged, size.draws, source, concentration=200.0)
    for _ in range(size.repeat):
        start = time.perf_counter()
        edge = bare(values, weights, size.k)
        reference.append(time.perf_counter() - start)
    exact = np.zeros(size.accounts)
    for first in range(0, size.draws, 2000):
        part = slice(first, first + 2000)
        exact += (weights[part] @ values.T >= edge[part, None] - 1e-9).sum(axis=0)
    gap = np.abs(counts.member - exact).max() / size.draws
    print(f"draws {size.draws}, accounts {size.accounts}, criteria {size.criteria}, k {size.k}")
    print(f"bare matrix product + partition (float64): {min(reference):.3f} s")
    print(f"top-k membership, weight draws included:   {min(ours):.3f} s")
    print(f"ratio {min(ours) / min(reference):.2f}; peak memory of the method {peak:.0f} MB")
    print(f"largest difference to double precision, membership share: {gap:.2e}")


if __name__ == "__main__":
    main()
