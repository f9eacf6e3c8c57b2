"""Lists that are cut to fit on a screen."""

from hypothesis import given
from hypothesis import strategies as st

from automl.cli.views.fit import LEAST, fitted, shortened, with_short_words
from automl.cli.views.terminal import LABEL

WORDS = st.text("abcd", min_size=1, max_size=12)
TEXTS = st.lists(WORDS, min_size=1, max_size=60).map(" ".join)
ITEMS = TEXTS.map(lambda text: f"{'note':<{LABEL}}{text}")
BLOCKS = st.lists(st.lists(ITEMS, max_size=30), max_size=12)


@given(BLOCKS, st.integers(24, 60), st.sampled_from([40, 80, 120]))
def test_all_blocks_fit(blocks: list[list[str]], room: int, width: int) -> None:
    found = fitted(blocks, room, width)
    assert sum(map(len, found)) <= max(room, LEAST * len(blocks))
    assert all(len(line) <= width for lines in found for line in lines)
    assert [bool(lines) for lines in found] == [bool(block) for block in blocks]


@given(BLOCKS)
def test_what_fits_is_left_as_it_is(blocks: list[list[str]]) -> None:
    assert fitted(blocks, 10_000, 10_000) == blocks


def test_the_longest_list_is_cut_and_says_how_much_more_there_is() -> None:
    long, short = [f"warning    w{n}" for n in range(9)], ["note       a", "note       b"]
    found = fitted([long, short], 7, 80)
    assert found[1] == short
    more = "           ... and 5 more (--plan --verbose shows all)"
    assert found[0] == [*long[:4], more]


def test_a_long_item_is_cut_only_where_room_is_short() -> None:
    item = f"note       {'word ' * 60}".rstrip()
    (whole,) = fitted([[item]], 40, 80)
    assert len(whole) == 5
    (cut,) = fitted([[item]], 2, 80)
    assert (len(cut), cut[-1][-6:]) == (2, "word …")


def test_of_a_long_word_the_end_is_shown() -> None:
    assert shortened("train.optim.base_lr", 8) == "…base_lr"
    assert shortened("base_lr", 8) == "base_lr"
    assert with_short_words(f"skill      reid ({'x' * 90}/skill)", 40).endswith("xx/skill)")
    assert len(with_short_words(f"data       {'x' * 90}", 40)) == 40
