"""What a brain says of itself, and the setting of its parameters by name."""

from dataclasses import dataclass, field

import pytest

from reachenv.agents.protocol import Area, Description, find_area, parameter_names, recordable, with_settings


@dataclass(frozen=True)
class Inner:
    rate: float = 0.5
    steps: int = 3
    on: bool = True
    times: tuple[float, ...] = (1.0, 2.0)


@dataclass(frozen=True)
class Outer:
    inner: Inner = field(default_factory=Inner)
    name: str = "usual"


def test_a_setting_takes_the_type_of_what_it_replaces():
    texts = {"inner.rate": "0.25", "inner.steps": "7", "inner.on": "false", "inner.times": "3, 4.5", "name": "other"}
    changed = with_settings(Outer(), texts)
    assert changed == Outer(Inner(0.25, 7, False, (3.0, 4.5)), "other")
    assert with_settings(Outer(), None) == Outer() and with_settings(Outer(), {"inner.rate": 2}).inner.rate == 2.0


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("inner.rat", "1", "did you mean inner.rate"),
        ("rate", "1", "did you mean inner.rate"),
        ("inner", "1", "'inner'"),
        ("name.first", "1", "'name.first'"),
        ("quite.another", "1", "inner.rate, inner.steps"),
        ("inner.rate", "fast", "takes a number.*'fast' was given"),
        ("inner.rate", "nan", "takes a number"),
        ("inner.steps", "1.5", "takes a whole number"),
        ("inner.on", "perhaps", "takes true or false"),
        ("inner.times", "1", "takes 2 numbers"),
        ("inner.times", "1,x", "takes a number|takes 2 numbers"),
    ],
)
def test_a_setting_that_does_not_fit_is_refused_with_what_there_is(name, value, said):
    with pytest.raises(ValueError, match=said):
        with_settings(Outer(), {name: value})


def test_all_parameters_have_dotted_names():
    assert parameter_names(Outer()) == ["inner.rate", "inner.steps", "inner.on", "inner.times", "name"]


def test_a_digest_tells_apart_whatever_is_described():
    usual = Description("a", "1", {"x": 1.0}, {"wires": ["b>c"]})
    same = Description("a", "1", {"x": 1.0}, {"wires": ["b>c"]})
    others = [
        Description("b", "1", {"x": 1.0}, {"wires": ["b>c"]}),
        Description("a", "2", {"x": 1.0}, {"wires": ["b>c"]}),
        Description("a", "1", {"x": 1.5}, {"wires": ["b>c"]}),
        Description("a", "1", {"x": 1.0}, {"wires": []}),
    ]
    assert usual.digest == same.digest and len({usual.digest, *(o.digest for o in others)}) == 5
    assert usual.to_json() == {
        "name": "a",
        "version": "1",
        "parameters": {"x": 1.0},
        "structure": {"wires": ["b>c"]},
        "digest": usual.digest,
    }


def test_areas_are_found_by_name_and_alias():
    areas = [Area("striatum_d1", "", cells=3, aliases=("d1",)), Area("m1", "", effects=("scale",))]
    assert find_area(areas, "d1") is areas[0] is find_area(areas, "striatum_d1") and find_area(areas, "gpi") is None
    assert recordable(areas) == ["striatum_d1"]
