"""How the console is looked at: on a desk and on a phone, light and dark."""

from dataclasses import dataclass, replace
from typing import Final, Literal

Theme = Literal["light", "dark"]
THEMES: Final[tuple[Theme, ...]] = ("light", "dark")

ENGLISH: Final = "en-GB"
PORTUGUESE: Final = "pt-BR"


@dataclass(frozen=True)
class Variant:
    """A size of the window, CSS pixels, and the colours and the language that the reader's system asks for."""

    width: int
    height: int
    theme: Theme
    locale: str = ENGLISH

    def __str__(self) -> str:
        return f"{self.width}-{self.theme}" + ("" if self.locale == ENGLISH else f"-{self.locale}")


DESKTOP: Final = Variant(1440, 900, "light")
PHONE: Final = Variant(390, 844, "light")
VARIANTS: Final = (DESKTOP, Variant(1440, 900, "dark"), PHONE, Variant(390, 844, "dark"))
IN_PORTUGUESE: Final = tuple(replace(variant, locale=PORTUGUESE) for variant in (DESKTOP, PHONE))
