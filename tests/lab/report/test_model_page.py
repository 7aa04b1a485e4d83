"""docs/model.md says what the code says, and a test sees where it does not."""

import pytest

from reachenv.agents.brain.params import LoopParams
from reachenv.agents.brain.wiring import POPULATION_TABLE, mouse_loop, pathways, wiring
from reachenv.lab.errors import UserError
from reachenv.lab.report import model_page


@pytest.fixture(scope="module")
def page():
    return model_page.PAGE.read_text(encoding="utf-8")


def test_the_page_has_not_drifted_from_the_code(page):
    assert model_page.render(page) == page, "reachenv model-page writes it anew"


@pytest.mark.parametrize("part", model_page.PARTS)
def test_every_part_is_on_the_page_and_drift_is_seen(page, part):
    assert f"<!-- begin {part} -->" in page
    made = model_page.PARTS[part]()
    assert made in page
    assert model_page.render(page.replace(made, made[:-5])) == page != page.replace(made, made[:-5])


def test_all_wires_and_numbers_are_told():
    ganglia = LoopParams().ganglia
    assert len(model_page.projections().splitlines()) == 2 + len(mouse_loop(ganglia.corticostriatal_gain))
    assert len(model_page.pathways().splitlines()) == 2 + len(pathways(LoopParams()))
    drawn = model_page.diagram()
    for one in wiring(LoopParams()):
        lines = [line.split() for line in drawn.splitlines() if line]
        arrows = [line[1].partition("|")[0] for line in lines if line[0] == one.source and line[-1] == one.target]
        assert any(("==>" in arrow) == bool(one.rule) and ("x" in arrow) == (one.sign == "-") for arrow in arrows)
    assert len(model_page.populations().splitlines()) == 2 + len(POPULATION_TABLE)
    told = model_page.parameters()
    assert f"| `tone_drive` | {ganglia.tone_drive:g} | tone onto the D1 cells" in told
    assert "regulated variability" in told and "`reach_mm`" in told and "how far the paw moves" in told


def test_a_mark_that_nothing_fills_is_named():
    with pytest.raises(UserError, match="'cerebellum'.*wiring|'cerebellum'.*diagram"):
        model_page.render("<!-- begin cerebellum -->\n<!-- end cerebellum -->")
