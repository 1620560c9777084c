"""The policy file, and a company's own."""

from __future__ import annotations

import pytest

from kamkit.errors import KamkitError
from kamkit.methods.retention import warning_signs
from kamkit.schemes.files import check_origin
from kamkit.schemes.retention import SIGNS, read_retention_policy, retention_policy
from kamkit.schemes.shape import Notes


def test_every_sign_has_words_and_an_origin():
    policy = retention_policy()
    assert tuple(policy.signs) == SIGNS
    notes = Notes("retention.toml")
    for sign in policy.signs.values():
        check_origin(notes, sign.origin, sign.id)
        assert all(sign.label[k] and sign.note[k] for k in ("zh", "en"))
    assert not notes.found and policy.bands["watch"] < policy.bands["high"]


def test_a_company_changes_only_what_it_wants(tmp_path):
    path = tmp_path / "own.toml"
    text = 'format = 1\nid = "ours"\n[[signs]]\nid = "order_gap"\n[signs.limits]\nchance = 0.1\n'
    path.write_text(text + "[bands]\nhigh = 4\n", encoding="utf-8")
    policy = read_retention_policy(path)
    assert policy.signs["order_gap"].limits["chance"] == 0.1 and policy.bands["high"] == 4
    assert policy.signs["order_gap"].limits["least_days"] == 30 and policy.bands["watch"] == 2
    assert warning_signs({}, as_of="2026-06-30", scheme=policy).accounts.empty


def test_all_faults_of_a_file_at_once(tmp_path):
    path = tmp_path / "own.toml"
    lines = [
        "format = 1", 'origin = "boss"', "[[signs]]", 'id = "weather"', "[[signs]]",
        'id = "silence"', "[signs.limits]", 'chance = "few"', "speed = 3", "[bands]", "high = -1",
    ]  # fmt: skip
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(KamkitError) as caught:
        read_retention_policy(path)
    assert len(caught.value.problems) == 5
    path.write_text("format = 9", encoding="utf-8")
    with pytest.raises(KamkitError) as caught:
        read_retention_policy(path)
    assert [p.code for p in caught.value.problems] == ["scheme_format"]
