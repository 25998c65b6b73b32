"""How Hypothesis looks for histories where each one is lived through in the database."""

from typing import Final

from hypothesis import HealthCheck, Phase, settings

# A history fails in seconds and shrinks for minutes, which the time limit of a test would cut off with nothing to
# show. Whoever wants it short reproduces it from the printed blob with that phase.
AGAINST_DATABASE: Final = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    print_blob=True,
)
