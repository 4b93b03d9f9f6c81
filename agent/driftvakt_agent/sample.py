"""What a probe gives: numbers with a name and labels, things that happened, or a word on why there is nothing."""

Labels = tuple[tuple[str, str], ...]


class Sample:
    """A series' name, its value in base units, and its labels as (name, text) pairs in the order they are shown."""

    __slots__ = ("labels", "name", "value")

    def __init__(self, name: str, value: float, labels: Labels = ()) -> None:
        self.name = name
        self.value = value
        self.labels = labels

    def __repr__(self) -> str:
        inside = ",".join(f'{name}="{text}"' for name, text in self.labels)
        return f"{self.name}{{{inside}}} {self.value!r}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sample) and self.key() == other.key() and self.value == other.value

    def __hash__(self) -> int:
        return hash((self.name, self.labels, self.value))

    def key(self) -> tuple[str, Labels]:
        """Return what tells this series from every other of the host."""
        return self.name, self.labels


class DeclaredSample(Sample):
    """A sample whose series no table declares: it carries the type and the help that stood beside it."""

    __slots__ = ("help", "type")

    def __init__(self, name: str, value: float, labels: Labels, kind: str, help_: str) -> None:
        super().__init__(name, value, labels)
        self.type = kind
        self.help = help_


class Happening:
    """Something that a probe saw happen, sent as an event. name: dotted lower case; text: for a reader."""

    __slots__ = ("name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text


class NoData(Exception):  # noqa: N818  "no data" is an answer, not an error
    """There is nothing of this kind on this machine: no such device, no such kernel feature."""


class ProbeError(Exception):
    """A probe could not read what it should; the text says what it was reading, and what to do."""
