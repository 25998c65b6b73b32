"""How the console is looked at: on a desk and on a phone, light and dark."""

from dataclasses import dataclass
from typing import Final, Literal

Theme = Literal["light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")


@dataclass(frozen=True)
class Variant:
    """A size of the window, CSS pixels, and the colours that the reader's system asks for."""

    width: int
    height: int
    theme: Theme

    def __str__(self) -> str:
        return f"{self.width}-{self.theme}"


DESKTOP: Final = Variant(1440, 900, "light")
PHONE: Final = Variant(390, 844, "light")
VARIANTS: Final = (DESKTOP, Variant(1440, 900, "dark"), PHONE, Variant(390, 844, "dark"))
