"""Property tests are not timed."""

from hypothesis import settings

settings.register_profile("untimed")
settings.load_profile("untimed")
