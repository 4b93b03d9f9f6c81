"""What a host hangs behind, in groups that must not be down as a whole."""

from driftvakt_collector.alert.rootcause.graph import build


def test_two_cables_are_one_group_and_hypervisor_and_relay_a_group_each() -> None:
    graph = build({"vm": ("s1", "s2")}, {"vm": "esx"}, {"vm": ("relay",)})

    assert graph.groups("vm") == (frozenset({"esx"}), frozenset({"s1", "s2"}), frozenset({"relay"}))
    assert graph.groups("s1") == ()


def test_things_that_are_not_ours_are_passed_over() -> None:
    graph = build({"a": ("?adm/x", "s1"), "?adm/x": ("?adm/y",), "?adm/y": ("s2", "?adm/x")})

    assert graph.groups("a") == (frozenset({"s1", "s2"}),)


def test_nobody_hangs_behind_itself() -> None:
    graph = build({"a": ("a", "b"), "b": ("a",)}, {"a": "a"}, {"a": ("a",)})

    assert graph.groups("a") == (frozenset({"b"}),)
    assert graph.above("a") == {"b"}


def test_a_way_up_ends_after_sixty_four_steps() -> None:
    graph = build({f"n{at}": (f"n{at + 1}",) for at in range(200)})

    assert len(graph.above("n0")) == 64


def test_a_relay_that_comes_or_goes_changes_the_groups() -> None:
    carriers = {"a": ("r1",)}
    graph = build({}, {}, carriers)
    assert graph.groups("a") == (frozenset({"r1"}),)

    carriers["a"] = ("r2",)

    assert graph.groups("a") == (frozenset({"r2"}),)
