"""Property tests are not timed: the machine may be busy."""

from hypothesis import settings

settings.register_profile("untimed")
settings.load_profile("untimed")
