"""A sentence for people, in the languages that they may choose."""

from dataclasses import dataclass

LANGUAGES = ("sv", "en")


@dataclass(frozen=True)
class Words:
    """The same sentence in Swedish and in English."""

    sv: str
    en: str

    def of(self, language: str) -> str:
        """Return it in a language; English for one that we do not speak."""
        return self.sv if language == "sv" else self.en
