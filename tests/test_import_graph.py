"""Rooms use rooms below them, in no circle, and docs/architecture.md shows them as they are."""

import pytest

from tools import import_graph
from tools.import_graph import Import, circles, needed, problems


def test_every_arrow_runs_down_and_none_in_a_circle():
    assert not problems(import_graph.arrows())


def test_the_page_is_as_the_code_is():
    text = import_graph.PAGE.read_text(encoding="utf-8")
    assert text == import_graph.page(text, import_graph.arrows()), "python -m tools.import_graph writes it anew"
    assert import_graph.PICTURE.exists()


def test_every_room_says_what_it_is_for():
    rooms = [name for layer in import_graph.LAYERS for name in layer]
    assert len(rooms) == len(set(rooms))
    assert not [name for name in rooms if not import_graph.about(name)]
    assert {room for pair in import_graph.arrows() for room in pair} <= set(rooms)


@pytest.fixture
def house(tmp_path):
    """house({path: text}) → a small repository with these files."""

    def build(files):
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        return tmp_path

    return build


USE = "from reachenv.lab.{} import x\n"


def test_a_planted_upward_arrow_is_named_by_file_and_line(house):
    root = house(
        {"lab/design/group.py": "\ndef f():\n    " + USE.format("records.folder"), "lab/records/folder.py": "x = 1\n"}
    )
    (sentence,) = problems(import_graph.arrows(root))
    assert sentence == "lab/design must not use lab/records: lab/design/group.py:3 → lab/records/folder.py"


def test_a_planted_circle_over_three_rooms_is_named(house):
    root = house({"lab/design/a.py": USE.format("records.b"), "lab/records/b.py": USE.format("analysis.c"),
                  "lab/analysis/c.py": USE.format("design.a")})  # fmt: skip
    assert any("a circle: " in told and told.count("→") == 3 for told in problems(import_graph.arrows(root)))


def test_names_in_strings_and_modules_of_packages_count_and_type_checkers_lists_do_not(house):
    root = house({
        "lab/commands/main.py": "TABLE = {'x': 'reachenv.lab.report.page'}\nfrom reachenv.lab import design\n",
        "lab/report/page.py": "", "lab/design/__init__.py": "if TYPE_CHECKING:\n    " + USE.format("report.page"),
    })  # fmt: skip
    assert set(import_graph.arrows(root)) == {("lab/commands", "lab/report"), ("lab/commands", "lab/design")}


def test_two_rooms_of_one_layer_must_not_use_one_another(house):
    root = house({"lab/film/a.py": USE.format("figures.b"), "lab/figures/b.py": "x = 1\n"})
    assert len(problems(import_graph.arrows(root))) == 1


def test_an_arrow_that_others_replace_is_not_needed():
    imports = [Import("a", 1, "b")]
    found = {("a", "b"): imports, ("b", "c"): imports, ("a", "c"): imports}
    assert needed(found) == [("a", "b"), ("b", "c")] and not circles(found)
