"""One measured number with its name and labels, and the two ways a probe says that there is none."""

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


class NoData(Exception):  # noqa: N818  "no data" is an answer, not an error
    """There is nothing of this kind on this machine: no such device, no such kernel feature."""


class ProbeError(Exception):
    """A probe could not read what it should; the text says what it was reading, and what to do."""
