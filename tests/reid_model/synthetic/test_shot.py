"""The plan of a data set: for every request the protocol can be evaluated on it."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from reid_model.synthetic.request import Request
from reid_model.synthetic.shot import DISTRACTOR, JUNK, QUERY, SPLITS, TEST, TRAIN, plan_shots

requests = st.builds(
    Request,
    ids=st.integers(4, 30),
    cameras=st.integers(2, 9),
    images_per_camera=st.integers(2, 5),
    height=st.just(64),
    width=st.just(32),
    seed=st.integers(0, 2**63 - 1),
)


@given(requests)
def test_train_and_test_identities_are_disjoint_halves(request: Request) -> None:
    pids = {
        split: {shot.pid for shot in plan_shots(request) if shot.split == split}
        - {JUNK, DISTRACTOR}
        for split in SPLITS
    }
    assert pids[QUERY] == pids[TEST]
    assert not pids[TRAIN] & pids[TEST]
    assert len(pids[TRAIN]) == request.ids // 2 >= 2
    assert len(pids[TRAIN] | pids[TEST]) == request.ids


@given(requests)
def test_every_query_has_a_match_in_every_other_camera(request: Request) -> None:
    shots = plan_shots(request)
    gallery = {(shot.pid, shot.camera) for shot in shots if shot.split == TEST}
    queries = Counter((shot.pid, shot.camera) for shot in shots if shot.split == QUERY)
    assert queries
    assert set(queries.values()) == {1}
    for pid, camera in queries:
        others = set(range(1, request.cameras + 1)) - {camera}
        assert {(pid, other) for other in others} <= gallery


@given(requests)
def test_names_are_unique_and_say_who_and_where(request: Request) -> None:
    shots = plan_shots(request)
    assert len({shot.name for shot in shots}) == len(shots)
    for shot in shots:
        pid, place, *_ = shot.name.split("_")
        assert int(pid) == shot.pid
        assert place == f"c{shot.camera}s1"


@given(requests)
def test_no_picture_is_taken_twice_and_no_distractor_is_an_identity(request: Request) -> None:
    shots = plan_shots(request)
    assert len({(shot.person, shot.camera, shot.take) for shot in shots}) == len(shots)
    wanted = {shot.person for shot in shots if shot.pid > 0}
    assert wanted == set(range(request.ids))
    assert not wanted & {shot.person for shot in shots if shot.pid == DISTRACTOR}


@given(requests)
def test_junk_and_distractors_are_only_in_the_gallery(request: Request) -> None:
    extra = [shot for shot in plan_shots(request) if shot.pid in (JUNK, DISTRACTOR)]
    assert {shot.pid for shot in extra} == {JUNK, DISTRACTOR}
    assert {shot.split for shot in extra} == {TEST}
