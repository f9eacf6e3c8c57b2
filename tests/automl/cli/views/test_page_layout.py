"""Lists that are cut to fit on a screen."""

from hypothesis import given
from hypothesis import strategies as st

from automl.cli.views.page_layout import LEAST, Block, clipped, fitted, shortened, with_short_words
from automl.cli.views.terminal import LABEL, UNLIMITED

MORE = "           ... and {} more (--plan --verbose shows all)"
WORDS = st.text("abcd", min_size=1, max_size=12)
ITEMS = st.lists(WORDS, min_size=1, max_size=60).map(" ".join)
LISTED = st.lists(ITEMS.map(lambda text: f"{'note':<{LABEL}}{text}"), max_size=30).map(Block)
PACKED = st.lists(WORDS, max_size=90).map(lambda words: Block(words, "left out", packed=True))
BLOCKS = st.lists(LISTED | PACKED, max_size=12)


@given(BLOCKS, st.integers(24, 60), st.sampled_from([80, 120]))
def test_all_blocks_fit(blocks: list[Block], room: int, width: int) -> None:
    lines = fitted(blocks, room, width)
    assert len(lines) <= room
    assert max(map(len, lines), default=0) <= width
    assert len(lines) >= min(room, sum(min(len(block.items), LEAST) for block in blocks)) // 2


@given(BLOCKS)
def test_what_fits_is_left_as_it_is(blocks: list[Block]) -> None:
    whole = [line for block in blocks for line in block.lines(80)]
    assert fitted(blocks, len(whole), 80) == whole
    assert not any("--plan --verbose" in line for line in whole)


def test_the_longest_list_is_cut_and_says_how_much_more_there_is() -> None:
    long, short = [f"warning    w{n}" for n in range(9)], ["note       a", "note       b"]
    found = fitted([Block(long), Block(short)], 7, 80)
    assert found == [*long[:4], MORE.format(5), *short]


def test_a_weighty_list_keeps_more() -> None:
    light, heavy = [f"warning    w{n}" for n in range(30)], [f"p{n}" for n in range(30)]
    found = fitted([Block(light), Block(heavy, weight=3)], 16, 80)
    assert found == [*light[:4], MORE.format(26), *heavy[:10], MORE.format(20)]


def test_a_list_may_have_a_limit_of_its_own() -> None:
    items = [f"p{n}" for n in range(9)]
    assert fitted([Block(items, most=3)], 40, 80) == ["p0", "p1", MORE.format(7)]


def test_packed_items_share_lines_and_are_counted() -> None:
    block = Block([f"name_{n:02}" for n in range(30)], "left out", packed=True)
    first, last = block.lines(80, 2)
    assert first.split() == ["left", "out", *block.items[:7]]
    assert last == "           " + "  ".join(block.items[7:9]) + MORE.format(21)[9:]


def test_packed_items_are_readable_in_a_file_too() -> None:
    lines = Block([f"name_{n:02}" for n in range(30)], "left out", packed=True).lines(UNLIMITED)
    assert [len(line) for line in lines] == [117, 117, 63]


def test_a_packed_item_that_is_wider_than_a_line_is_folded() -> None:
    block = Block([f"{'key' * 20}  not set -> {'value' * 4}", "b"], "set by you", packed=True)
    assert block.lines(80) == [
        f"set by you {'key' * 20}  not set", f"           -> {'value' * 4}", "           b",
    ]  # fmt: skip


def test_a_long_item_is_cut_only_where_room_is_short() -> None:
    item = f"note       {'word ' * 60}".rstrip()
    assert len(fitted([Block([item])], 40, 80)) == 5
    lines = fitted([Block([item])], 2, 80)
    assert (len(lines), lines[-1][-6:]) == (2, "word …")
    assert clipped(["a b", "c"], 1, 80) == ["a b …"]


def test_of_a_long_word_the_end_is_shown() -> None:
    assert shortened("train.optim.base_lr", 8) == "…base_lr"
    assert shortened("base_lr", 8) == "base_lr"
    assert with_short_words(f"skill      reid ({'x' * 90}/skill)", 40).endswith("xx/skill)")
    assert len(with_short_words(f"data       {'x' * 90}", 40)) == 40
