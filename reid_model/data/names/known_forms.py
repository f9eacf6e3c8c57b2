"""Person and camera from the name of a crop: forms of Market-1501 and others.

Only the file's own name counts (and, for identity subfolders, the folder directly above it): an
outer folder called ``run7_c3`` says nothing about the crops in it.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Final, NamedTuple

_CAM: Final = r"(?:c|cam(?:era)?[-_ ]?)(\d+)(?!\d)"
# 0002_c1s1_000451_03.jpg (Market-1501), 0001_c2_f0046182.jpg (DukeMTMC), 0002_cam1_7.jpg
_MARKET: Final = re.compile(rf"^(-?\d+)_{_CAM}", re.I)
# 0000_001_01_0303morning_0015_0.jpg (MSMT17): person, image, camera
_MSMT: Final = re.compile(r"^(\d+)_\d{3}_(\d{2})_")
# 1_001_2_07.png (CUHK03): pair of cameras, person of the pair, camera of the pair, image
_CUHK: Final = re.compile(r"^(\d)_(\d{3})_([12])_\d{2}\.")
# 0001C1T0001F001.jpg, 00-1C1T0001F001.jpg (MARS): person, camera, track, frame
_MARS: Final = re.compile(r"^(?:00)?(-?\d+)C(\d+)T(\d+)F\d+\.")
# 0002/c1s1_000451_03.jpg, person_2/cam1_7.jpg: the folder names the person
CAMERA: Final = re.compile(rf"^{_CAM}", re.I)
_PERSON_FOLDER: Final = re.compile(r"^(?:(?:person|pid|id)[-_ ]?(?=\d))?(-?\d+)$", re.I)


class Identity(NamedTuple):
    """Who is in a crop and which camera saw it; pid -1 is junk, 0 a distractor.

    ``track`` is '' if nothing names one.
    """

    pid: int
    camid: int
    track: str = ""


def identity_of(path: PurePath) -> Identity | None:
    """The identity that a crop's path declares, or None if its name has no known form."""
    found = _MARKET.match(path.name) or _MSMT.match(path.name)
    if found:
        return Identity(int(found[1]), int(found[2]))
    pair = _CUHK.match(path.name)
    if pair:
        return Identity(1000 * int(pair[1]) + int(pair[2]), int(pair[3]))
    frame = _MARS.match(path.name)
    if frame:
        return Identity(int(frame[1]), int(frame[2]), frame[3])
    camera, person = CAMERA.match(path.name), _PERSON_FOLDER.match(path.parent.name)
    return Identity(int(person[1]), int(camera[1])) if camera and person else None
