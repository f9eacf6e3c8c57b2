"""How a body stands in one picture: the bones of a walking person."""

import math
from dataclasses import dataclass

import numpy as np

from reid_model.synthetic.body.person import Person
from reid_model.synthetic.geometry import Point3

_SHOULDER_Y, _SHOULDER_HALF, _HIP_HALF = 0.19, 0.105, 0.05
_UPPER_ARM, _FOREARM, _FOOT = 0.15, 0.14, 0.055


@dataclass(frozen=True)
class Pose:
    """phase: position in the walking cycle, radians. stride: swing of the legs, radians."""

    phase: float
    stride: float


@dataclass(frozen=True)
class Leg:
    """Joints of one leg, body units."""

    hip: Point3
    knee: Point3
    ankle: Point3
    toe: Point3


@dataclass(frozen=True)
class Arm:
    """Joints of one arm, body units."""

    shoulder: Point3
    elbow: Point3
    hand: Point3


def draw_pose(rng: np.random.Generator) -> Pose:
    """Draw a moment of a walk, from nearly standing to a long step."""
    return Pose(phase=float(rng.uniform(0, math.tau)), stride=float(rng.uniform(0.05, 0.55)))


def leg(person: Person, pose: Pose, side: int) -> Leg:
    """Joints of the left (+1) or right (-1) leg."""
    swing = math.sin(pose.phase + (math.pi if side > 0 else 0.0))
    lift = max(0.0, -math.cos(pose.phase + (math.pi if side > 0 else 0.0)))
    angle = pose.stride * swing
    bone = (0.955 - person.waist - 0.02) / 2
    hip = (side * _HIP_HALF * person.build, person.waist + 0.02, 0.0)
    knee = _step(hip, bone, angle + 0.5 * pose.stride * lift)
    ankle = _step(knee, bone, angle - 0.9 * pose.stride * lift)
    toe = (ankle[0], ankle[1] + 0.025, ankle[2] + _FOOT)
    return Leg(hip, knee, ankle, toe)


def arm(person: Person, pose: Pose, side: int) -> Arm:
    """Joints of the left (+1) or right (-1) arm; it swings against the leg of its side."""
    swing = math.sin(pose.phase + (0.0 if side > 0 else math.pi))
    angle = 0.8 * pose.stride * swing
    shoulder = (side * _SHOULDER_HALF * person.build, _SHOULDER_Y, 0.0)
    elbow = _step(shoulder, _UPPER_ARM, angle, side * 0.02)
    hand = _step(elbow, _FOREARM, angle + 0.35 * pose.stride + 0.1)
    return Arm(shoulder, elbow, hand)


def _step(start: Point3, length: float, angle: float, out: float = 0.0) -> Point3:
    """End of a bone that hangs from ``start`` and is swung forwards by ``angle``."""
    return (
        start[0] + out,
        start[1] + length * math.cos(angle),
        start[2] + length * math.sin(angle),
    )
