"""Absorbing chains and the recency chain of a customer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kamkit.errors import KamkitError
from kamkit.methods.funnel.markov import absorbing_chain, customer_chain

Case = dict[str, dict[str, Any]]


def test_drunkards_walk(published: Case) -> None:
    case = published["P-MARKOV"]
    chain, exp = absorbing_chain(case["Q"], case["R"]), case["exp"]
    np.testing.assert_allclose(chain.fundamental.to_numpy(), exp["N"], atol=case["tol"])
    np.testing.assert_allclose(chain.steps["steps"], exp["t"], atol=case["tol"])
    found = chain.outcomes["probability"].to_numpy().reshape(3, 2)
    np.testing.assert_allclose(found, exp["B"], atol=case["tol"])


def test_customer_by_recency(published: Case) -> None:
    case = published["P-PC"]
    given = {"contribution": case["NC"], "cost": case["M"], "discount": case["d"]}
    ends = customer_chain(case["p"], **given)
    np.testing.assert_allclose(ends["value"], case["exp"]["V_infinite"], atol=case["tol"])
    four = customer_chain(case["p"], horizon=4, **given)
    np.testing.assert_allclose(four["value"], case["exp"]["V_horizon4"], atol=case["tol"])


def test_bad_chains_are_named() -> None:
    with pytest.raises(KamkitError) as caught:
        absorbing_chain([[0.5, 0.2], [0, -0.1]], [[0.2], [1.1]])
    assert [p.code for p in caught.value.problems] == ["chain_row_sum", "out_of_range"]
    with pytest.raises(KamkitError) as caught:
        absorbing_chain([[0, 0.5], [0, 1]], [[0.5], [0]])
    assert [p.code for p in caught.value.problems] == ["chain_no_end"]
    with pytest.raises(KamkitError):
        absorbing_chain([[0.5]], [[0.5], [1.0]])
    with pytest.raises(KamkitError):
        customer_chain([1.2], contribution=1, cost=0, discount=0)
