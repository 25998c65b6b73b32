"""The end of the demo: where its jobs can be looked at, and how long for."""

import signal
import sys
from dataclasses import dataclass

from qubix_serve.console.files import is_built
from qubix_serve.demo.show import Show
from qubix_serve.demo.stage import Stage


@dataclass(frozen=True)
class Curtain:
    """Shows the console's address and a signed-in link, and waits for the person where the demo stays.

    Attributes:
        show: what the person sees.
        stays: whether the platform is kept up until the person has seen enough.
    """

    show: Show
    stays: bool

    def fall(self, stage: Stage) -> None:
        """Say where to look, and wait for Ctrl-C, where the demo stays. Enter gives a fresh link."""
        if not is_built():
            self.show.say("The console is not built here; `make console` does it.")
            return
        self.show.say(f"The console is at {stage.host.facts['url']}/")
        if not self.stays:
            self.show.say("With --stay the platform is kept up, and a link opens its jobs there.")
            return
        self.show.say("The demo's jobs, signed in as their consumer (each link is good once, for 15 minutes):")
        try:
            while True:
                self.show.say(f"  {stage.consumer.sign_in_link().url}")
                self.show.say("Ctrl-C ends the demo; Enter makes another link.")
                _wait()
        except KeyboardInterrupt:
            self.show.say("")


def _wait() -> None:
    """Until Enter is pressed; where nobody can press it, until a signal comes."""
    if not sys.stdin.isatty() or not sys.stdin.readline():
        signal.pause()
