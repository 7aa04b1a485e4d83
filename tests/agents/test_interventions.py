"""Blocks: what reads, what is refused, which depth holds when."""

import pytest

from reachenv.agents.interventions import Block, depth_at, parse


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("m1:2-4", Block("m1", (2, 4))),
        ("striatum:3", Block("striatum", (3, 3))),
        ("Both:1-7@0.5", Block("both", (1, 7), 0.5)),
    ],
)
def test_reads(text, block):
    assert parse(text) == block
    assert parse(str(block)) == block


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("m1", "TARGET:FIRST-LAST"),
        ("m1:a-b", "TARGET:FIRST-LAST"),
        ("v1:2-4", "none of m1, striatum, both"),
        ("m1:4-2", "not before the first"),
        ("m1:0-2", "count from 1"),
        ("m1:2-4@0", r"outside \(0, 1\]"),
        ("m1:2-4@1.5", r"outside \(0, 1\]"),
        ("m1:2-4@1.2.3", "not a number"),
    ],
)
def test_refuses_in_one_sentence(text, says):
    with pytest.raises(ValueError, match=says) as caught:
        parse(text)
    assert "\n" not in str(caught.value)


def test_the_deepest_block_holds():
    blocks = [Block("m1", (2, 4), 0.5), Block("both", (4, 5))]
    assert [depth_at(blocks, "m1", s) for s in range(1, 7)] == [0, 0.5, 0.5, 1, 1, 0]
    assert [depth_at(blocks, "striatum", s) for s in range(1, 7)] == [0, 0, 0, 1, 1, 0]
