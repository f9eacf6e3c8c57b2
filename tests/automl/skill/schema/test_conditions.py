"""math_cond and depends_on: what they say about a number and about its parents."""

import pytest

from automl.skill import Relation, read_schema
from automl.skill.schema.conditions import Clause, parse_depends_on, parse_math_cond


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("> 0.0", [(">", 0.0)]),
        (">0", [(">", 0.0)]),
        (">= 1", [(">=", 1.0)]),
        ("!= 0", [("!=", 0.0)]),
        ("> 0.0 <= 1.0", [(">", 0.0), ("<=", 1.0)]),
        ("> 0, <= 1", [(">", 0.0), ("<=", 1.0)]),
        ("> 0 and < 1e-3", [(">", 0.0), ("<", 0.001)]),
        ("/ 8", [("/", 8.0)]),
        ("^ 2", [("^", 2.0)]),
        ("> depends_on", [(">", None)]),
        ("/ depends_on <= 64", [("/", None), ("<=", 64.0)]),
        ("== 3", [("==", 3.0)]),
        ("", []),
        (None, []),
        ("  ", []),
    ],
)
def test_math_cond_is_a_conjunction(text: str, clauses: list[tuple[str, float]]) -> None:
    assert parse_math_cond(text) == tuple(Clause(*clause) for clause in clauses)


@pytest.mark.parametrize("text", ["about 3", "> ", "> x", "> nan", "> inf", ">< 3", 5, "> 1 or 2"])
def test_math_cond_that_is_not_understood_is_an_error(text: object) -> None:
    with pytest.raises(ValueError, match="."):
        parse_math_cond(text)


@pytest.mark.parametrize(
    ("value", "parents"),
    [
        ("a.b", [("a.b", None)]),
        (["a", "> b.c"], [("a", None), ("b.c", ">")]),
        ("a, <=b", [("a", None), ("b", "<=")]),
        ("/ a", [("a", "/")]),
        (None, []),
        ("", []),
        ([], []),
    ],
)
def test_depends_on_names_one_or_several_parents(value: object, parents: list[object]) -> None:
    assert [(p.name, p.op) for p in parse_depends_on(value)] == parents


@pytest.mark.parametrize("value", [5, [1], "> ", "^ a", "a b"])
def test_depends_on_that_is_not_understood_is_an_error(value: object) -> None:
    with pytest.raises(ValueError, match="."):
        parse_depends_on(value)


@pytest.mark.parametrize(
    ("math_cond", "depends_on", "relations"),
    [
        ("> depends_on", "p", [Relation("p", ">")]),
        ("/ depends_on", "p", [Relation("p", "a multiple of")]),
        ("/ 2", "p", [Relation("p", "<=", 2.0)]),
        (None, "<= p", [Relation("p", "<=")]),
        (None, "p", []),
        (">= depends_on", ["p", "q"], [Relation("p", ">="), Relation("q", ">=")]),
        ("/ 8", "> p", [Relation("p", ">")]),
    ],
)
def test_relations_to_parents(
    math_cond: str | None, depends_on: object, relations: list[Relation]
) -> None:
    node = {"type": "int", "default": 8, "math_cond": math_cond, "depends_on": depends_on}
    document = {"properties": {"x": node, "p": {"type": "int"}, "q": {"type": "int"}}}
    leaf = read_schema(document, "test").leaves["x"]
    assert list(leaf.relations) == relations
    assert set(leaf.parents) >= {relation.parent for relation in relations}


def test_eight_is_a_multiple_unless_a_bare_parent_takes_it() -> None:
    own = {"type": "int", "math_cond": "/ 8"}
    shared = {**own, "depends_on": "p"}
    operator = {**own, "depends_on": "> p"}
    document = {"properties": {"own": own, "shared": shared, "operator": operator, "p": {}}}
    leaves = read_schema(document, "test").leaves
    assert leaves["own"].bounds.multiple_of == 8
    assert leaves["shared"].bounds.multiple_of is None
    assert leaves["operator"].bounds.multiple_of == 8


@pytest.mark.parametrize(
    ("relation", "child", "parent", "holds"),
    [
        (Relation("p", ">"), 3, 3, False),
        (Relation("p", "<=", 2), 3, 6, True),
        (Relation("p", "<=", 2), 4, 6, False),
        (Relation("p", "<=", 49), 1, 49, True),
        (Relation("p", "a multiple of"), 12, 4, True),
        (Relation("p", "a multiple of"), 10, 4, False),
        (Relation("p", "a multiple of"), 0, 0, True),
        (Relation("p", "a multiple of"), 4, 0, False),
        (Relation("p", "a multiple of"), 0.3, 0.1, True),
    ],
)
def test_relation_holds(relation: Relation, child: float, parent: float, holds: bool) -> None:
    assert relation.holds(child, parent) is holds
